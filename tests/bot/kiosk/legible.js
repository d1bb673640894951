// Measures what is visible on the page: every text with its size, line height and contrast (WCAG 2 relative luminance,
// translucent layers blended), every target with its size. Loaded by test_elder_mode.py.
() => {
  const parse = (colour) => {
    const [r, g, b, a = 1] = colour.match(/[\d.]+/g).map(Number);
    return { r, g, b, a };
  };
  const over = (top, under) => ({
    r: top.r * top.a + under.r * (1 - top.a),
    g: top.g * top.a + under.g * (1 - top.a),
    b: top.b * top.a + under.b * (1 - top.a),
    a: 1,
  });
  const channel = (value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  };
  const luminance = ({ r, g, b }) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = (node) => {
    const layers = [];
    for (let at = node; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.a > 0) layers.push(colour);
      if (colour.a === 1) break;
    }
    return layers.reverse().reduce((under, top) => over(top, under), { r: 255, g: 255, b: 255, a: 1 });
  };
  const open = document.querySelector("dialog[open]") ?? document.body;
  const visible = (node) =>
    node.checkVisibility({ visibilityProperty: true }) &&
    !node.closest(".visually-hidden, .skip, noscript") &&
    node.getBoundingClientRect().width > 2;
  const texts = [...open.querySelectorAll("*")]
    .filter((node) => visible(node))
    .filter((node) => [...node.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.data.trim()))
    .map((node) => {
      const style = getComputedStyle(node);
      const size = parseFloat(style.fontSize);
      const back = behind(node);
      const [high, low] = [luminance(over(parse(style.color), back)), luminance(back)].sort((a, b) => b - a);
      return {
        text: node.textContent.trim().slice(0, 30),
        size,
        line: style.lineHeight === "normal" ? 1.2 : parseFloat(style.lineHeight) / size,
        contrast: (high + 0.05) / (low + 0.05),
      };
    });
  const targets = [...open.querySelectorAll("button, summary, textarea, a[href]")]
    .filter((node) => visible(node))
    .map((node) => {
      const { width, height } = node.getBoundingClientRect();
      return { text: node.textContent.trim().slice(0, 30), width, height };
    });
  return { texts, targets };
}
