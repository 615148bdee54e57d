// The page on which an embed is chosen: shows what the choices make, and the
// lines that do the same on another page. Lines are set as text.
(() => {
  const form = document.getElementById("choices");
  const { site, base, script, integrity } = form.dataset;
  const byId = (id) => document.getElementById(id);
  const escape = (text) => text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);

  const choices = () => {
    const feed = form.feed.selectedOptions[0];
    return {
      way: form.way.value,
      feed: feed.value,
      title: feed.text,
      page: feed.dataset.page,
      limit: Math.max(1, Math.min(parseInt(form.limit.value, 10) || 5, form.limit.max)),
      theme: form.theme.value,
      thumbnails: form.thumbnails.checked,
      live: form.live.checked,
      pin: form.pin.checked,
    };
  };

  const attributes = (c) => ({
    feed: c.feed,
    limit: c.limit,
    ...(c.theme && { theme: c.theme }),
    ...(c.thumbnails && { thumbnails: "" }),
    ...(c.live && { live: "" }),
  });

  const frameAddress = (c, origin) => {
    const query = new URLSearchParams({ limit: c.limit });
    if (/light|dark/.test(c.theme)) query.set("theme", c.theme);
    for (const name of ["thumbnails", "live"]) if (c[name]) query.set(name, 1);
    query.set("id", "latest-articles");
    return `${origin}/${c.feed}/embed?${query}`;
  };

  const lines = {
    script(c) {
      const source = c.pin ? `${site}${script}" integrity="${integrity}" crossorigin="anonymous` : `${site}/embed.js`;
      const written = Object.entries(attributes(c)).map(([name, value]) => (value === "" ? name : `${name}="${value}"`));
      return `<script src="${source}" async></script>
<latest-articles ${written.join(" ")}>
  <a href="${escape(c.page)}">${escape(c.title)}</a>
</latest-articles>`;
    },
    frame(c) {
      return `<iframe id="latest-articles" title="${escape(c.title)}" loading="lazy"
  src="${escape(frameAddress(c, site))}"
  width="100%" height="${52 + 80 * c.limit}" style="border: 0"></iframe>
<script>
  addEventListener("message", ({ data, origin, source }) => {
    const frame = document.getElementById("latest-articles");
    if (origin !== "${new URL(site).origin}" || source !== frame.contentWindow) return;
    if (data?.type === "latest-articles" && data.id === frame.id) frame.height = data.height;
  });
</script>`;
    },
    server(c) {
      return `# Every five minutes, on your own server:
curl --fail --silent --show-error --compressed --max-time 20 --output latest.new \\
  ${site}/${c.feed}/fragment.html && mv latest.new latest.html

<!-- and where the list shall stand, with server-side includes: -->
<!--#include file="latest.html" -->`;
    },
  };

  // Replaces what is shown only where it is something else: a preview that is
  // there changes by its attributes, as it would on a page.
  const preview = (c) => {
    const box = byId("preview");
    const frame = c.way === "frame";
    box.classList.toggle("flush", frame);
    let shown = box.querySelector(frame ? "iframe" : "latest-articles");
    if (!shown) {
      shown = document.createElement(frame ? "iframe" : "latest-articles");
      if (frame) shown.title = "How it looks";
      box.replaceChildren(shown);
    }
    if (frame) {
      const address = frameAddress(c, base);
      if (shown.getAttribute("src") !== address) shown.src = address;
      return;
    }
    const wanted = attributes(c.way === "server" ? { feed: c.feed, limit: 10 } : c);
    for (const name of shown.getAttributeNames()) if (!(name in wanted)) shown.removeAttribute(name);
    for (const [name, value] of Object.entries(wanted)) shown.setAttribute(name, value);
  };

  const update = () => {
    const own = form.theme.options[0]; // a frame can't have the colors of the page around it
    own.disabled = form.way.value === "frame";
    if (own.disabled && own.selected) form.theme.value = "auto";
    const c = choices();
    for (const part of document.querySelectorAll("[data-for]")) part.hidden = !part.dataset.for.split(" ").includes(c.way);
    form.limit.closest("p").hidden = c.way === "server";
    byId("snippet").textContent = lines[c.way](c);
    byId("style").textContent = `@media (scripting: enabled) {
  latest-articles:not(:defined) { display: block; min-height: calc(${c.limit} * 5em); }
}`;
    preview(c);
  };

  const copy = async (button) => {
    const code = byId(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(code.textContent);
      byId("said").textContent = "Copied.";
    } catch {
      getSelection().selectAllChildren(code);
      byId("said").textContent = "Selected: copy it with your keyboard.";
    }
  };

  form.addEventListener("input", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
  addEventListener("message", ({ data, origin, source }) => {
    const frame = document.querySelector("#preview iframe");
    if (frame && origin === location.origin && source === frame.contentWindow && data?.type === "latest-articles") frame.height = data.height;
  });
  update();
})();
