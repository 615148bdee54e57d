// Given the frame hosts that are allowed, shows each story of the page again by
// innerHTML, as it came and as the browser wrote it back, provokes all of it,
// waits, and returns what is wrong with which story, and the pictures that may
// have been asked for.
async (embeds) => {
  const wrong = [];
  const boxes = [...document.querySelectorAll("[data-story]")];
  const sources = JSON.parse(document.getElementById("sources").textContent);
  if (boxes.length !== sources.length || document.body.children.length !== boxes.length) wrong.push([-1, "breaks out of its box"]);
  boxes.forEach((box, i) => {
    if (Number(box.dataset.story) !== i || box.parentNode !== document.body) wrong.push([i, "breaks out of its box"]);
    for (const source of [sources[i], box.innerHTML]) {
      const again = box.cloneNode(false);
      box.after(again);
      again.innerHTML = source;
    }
  });

  const events = [];
  for (let p = HTMLElement.prototype; p; p = Object.getPrototypeOf(p)) {
    for (const name of Object.getOwnPropertyNames(p)) if (name.startsWith("on")) events.push(name.slice(2));
  }
  const web = ["http:", "https:"];
  const scheme = (url) => { try { return new URL(url, document.baseURI).protocol; } catch { return "no URL"; } };
  const images = [];
  for (const box of document.querySelectorAll("[data-story]")) {
    const say = (what) => wrong.push([Number(box.dataset.story), what]);
    for (const el of box.querySelectorAll("*")) {
      if (el.namespaceURI !== "http://www.w3.org/1999/xhtml") say(`has a foreign element <${el.localName}>`);
      for (const a of el.attributes) if (a.name.startsWith("on")) say(`has a handler ${a.name}`);
      if (el.matches("[id], [name], [class], [style]")) say(`has an id, name, class or style on <${el.localName}>`);
      if (el.href !== undefined && ![...web, "mailto:"].includes(el.protocol)) say(`links to ${el.href}`);
      for (const a of ["src", "poster", "cite"]) {
        if (el.hasAttribute(a) && !web.includes(scheme(el.getAttribute(a)))) say(`has ${a} ${el.getAttribute(a)}`);
      }
      if (el.localName === "iframe") {
        const host = new URL(el.src, "about:blank").hostname;
        if (!embeds.some((e) => host === e || host.endsWith("." + e))) say(`frames ${el.src}`);
      }
      for (const type of events) el.dispatchEvent(new Event(type, {bubbles: true}));
    }
  }
  for (const img of document.images) images.push(img.src, img.currentSrc);
  await Promise.all([...document.images].map((img) => img.decode().catch(() => {})));
  await new Promise((done) => setTimeout(done, 250));
  for (const img of document.images) images.push(img.currentSrc);
  for (const film of document.querySelectorAll("video[poster]")) images.push(film.poster);
  return {wrong, images};
}
