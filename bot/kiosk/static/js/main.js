/** Starts the page: which kiosk this is, then what the server says about it, for as long as it takes. */

import { FrontDesk } from "./api.js";
import { KioskPage } from "./app.js";
import { Wording } from "./wording.js";

const RETRY_MS = 3_000;
const DEFAULT_KIOSK = "K01";

/** The kiosk that the address names; a name that cannot be one goes to the server all the same, which refuses it. */
function kioskOf(address) {
  return new URL(address).searchParams.get("kiosk") ?? DEFAULT_KIOSK;
}

/** What proves that this page stands on a kiosk of the house; after #, so that no server or log sees the address with it. */
function deviceOf(address) {
  return new URLSearchParams(new URL(address).hash.slice(1)).get("device") ?? "";
}

async function start() {
  sessionStorage.clear();
  localStorage.clear();
  history.replaceState(null, "");
  const desk = new FrontDesk(kioskOf(location.href), deviceOf(location.href));
  const page = new KioskPage(new Wording(), desk);
  for (;;) {
    try {
      page.open(await desk.page());
      return;
    } catch (error) {
      if (error.name !== "DeskError") throw error;
      if (error.code === "kiosk.unknown") {
        page.unknownKiosk();
        return;
      }
      page.cannotConnect();
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

void start();
