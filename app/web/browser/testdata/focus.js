// Where the focus is, and whether one sees it: what looks otherwise as soon as it is elsewhere.
(() => {
  const element = document.activeElement;
  const look = () => [element, element.parentElement].map((at) => {
    const { outlineStyle, outlineWidth, boxShadow, borderColor } = getComputedStyle(at);
    return outlineStyle === "none" ? [boxShadow, borderColor] : [outlineStyle, outlineWidth, boxShadow, borderColor];
  }).join();
  const focused = look();
  element.blur();
  const blurred = look();
  element.focus({ preventScroll: true, focusVisible: true });
  const box = element.getBoundingClientRect();
  const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  return {
    Place: element === document.body ? "" : element.outerHTML.slice(0, 120),
    Seen: focused !== blurred && inside && element.checkVisibility({ opacityProperty: true, visibilityProperty: true }),
  };
})()
