// What does not fit into the window: what makes the page scroll sideways, and what is cut off where nobody can scroll to it.
(() => {
  const name = (element) => {
    const id = element.id ? "#" + element.id : "";
    return `<${element.localName}${id}> "${(element.textContent).trim().slice(0, 40)}"`;
  };
  const style = (element) => getComputedStyle(element);
  // For screen readers only: one pixel, and all within it clipped.
  const clipped = (element) => element !== null && ((element.offsetWidth <= 1 && style(element).position === "absolute") || clipped(element.parentElement));
  const unseen = (element) => !element.checkVisibility({ visibilityProperty: true }) || clipped(element);
  const found = [];
  const page = document.documentElement;
  if (page.scrollWidth > page.clientWidth) found.push(`the page is ${page.scrollWidth} wide in ${page.clientWidth}`);
  for (const element of document.body.querySelectorAll("*")) {
    if (unseen(element) || element.closest("svg") || element.localName === "input") continue;
    const box = element.getBoundingClientRect();
    const scrolled = element.closest("[tabindex='0']"); // a region that can be scrolled
    if (!scrolled && box.width > 1 && box.right > page.clientWidth + 1) found.push(`${name(element)} ends at ${Math.round(box.right)}`);
    const clips = /hidden|clip/.test(style(element).overflowX) && style(element).textOverflow !== "ellipsis";
    if (clips && element.scrollWidth > element.clientWidth + 1) found.push(`${name(element)} cuts off ${element.scrollWidth - element.clientWidth} pixels`);
  }
  return found;
})()
