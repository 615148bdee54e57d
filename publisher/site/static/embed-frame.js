// The page for frames takes its look from its own query, and tells the page
// around it how high it is: when that changes, and when it is asked.
(() => {
  const query = new URLSearchParams(location.search);
  const list = document.querySelector("latest-articles");
  const limit = Math.max(1, Math.min(parseInt(query.get("limit"), 10) || 10, 10));
  const wants = (name) => query.has(name) && query.get(name) !== "0";

  list.setAttribute("limit", limit);
  for (const name of ["live", "thumbnails"]) list.toggleAttribute(name, wants(name));
  for (const row of [...list.querySelectorAll("li")].slice(limit)) row.remove();
  if (/^(light|dark)$/.test(query.get("theme"))) document.documentElement.dataset.theme = query.get("theme");
  if (parent === window) return;

  // Whoever frames the page may know its height: it isn't secret.
  const id = query.get("id") || list.getAttribute("feed");
  const tell = () => {
    const height = Math.ceil(document.documentElement.getBoundingClientRect().height);
    parent.postMessage({ type: "latest-articles", id, height }, "*");
  };
  new ResizeObserver(tell).observe(document.documentElement);
  addEventListener("message", (event) => {
    if (event.source === parent && event.data?.type === "latest-articles") tell();
  });
})();
