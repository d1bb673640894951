/**
 * The few sentences the page must be able to say when it cannot reach the server.
 * Owner of the wording is data/wording/kiosk_page.yml; a test holds this copy equal to it.
 */
export const OFFLINE_WORDING = {
  zh: {
    "page.kiosk": "自助机 {kiosk}",
    "page.window": "人工帮助：{window}",
    "page.window_unknown": "一楼大厅人工窗口",
    "page.help_label": "人工帮助",
    "page.call_staff": "呼叫工作人员",
    "page.connecting": "正在准备，请稍等……",
    "page.cannot_connect":
      "自助机暂时连不上。您不用着急，可以按“呼叫工作人员”，或者直接到{window}办理。我们也在继续重试。",
    "page.unknown_kiosk":
      "这台自助机还不能使用。请到{window}办理，那里有人帮您。\n\n维护人员请看：网址里的编号“{kiosk}”不是本院登记的自助机。请改成这台机器自己的编号，或先在自助机名单里登记。编号不对，呼叫会送到别的地方，所以这里不开放服务。",
    "page.call.heading": "呼叫工作人员",
    "page.call.calling": "正在呼叫工作人员……",
    "page.call.slow": "还在呼叫，请稍等。您也可以直接到{window}。",
    "page.call.done": "已经叫到了。工作人员知道您在{place}，请在这里等一下。",
    "page.call.ticket": "您的号",
    "page.call.failed": "呼叫没有发出去，对不起。请直接到{window}，那里有人帮您；或者再呼叫一次。",
    "page.call.offline": "网络断了，呼叫发不出去，对不起。请直接到{window}，那里有人帮您。",
    "page.call.again": "再呼叫一次",
    "page.close": "知道了",
  },
  en: {
    "page.kiosk": "Kiosk {kiosk}",
    "page.window": "Help in person: {window}",
    "page.window_unknown": "the staffed windows in the ground-floor hall",
    "page.help_label": "Help from a person",
    "page.call_staff": "Call staff",
    "page.connecting": "Getting ready, one moment please…",
    "page.cannot_connect":
      "This kiosk cannot connect right now. Please press “Call staff” or go to {window}. We keep trying.",
    "page.unknown_kiosk":
      "This kiosk is not ready for use. Please go to {window}, where people will help you.\n\nFor the technician: “{kiosk}” in the address is not a registered kiosk. Put this machine’s own number there, or register it in the list of kiosks first. With a wrong number a call for help would go to another place, so no service is offered here.",
    "page.call.heading": "Call staff",
    "page.call.calling": "Calling a member of staff…",
    "page.call.slow": "Still calling, please wait. You can also go straight to {window}.",
    "page.call.done": "They have been called and know that you are at {place}. Please wait here.",
    "page.call.ticket": "Your number",
    "page.call.failed":
      "Sorry, the call did not go out. Please go to {window}, where people will help you, or call again.",
    "page.call.offline":
      "Sorry, the network is down and the call cannot go out. Please go to {window}, where people will help you.",
    "page.call.again": "Call again",
    "page.close": "Close",
  },
};
