// Makes recent dates relative, on screens, and puts addresses on the clipboard.
// Pages say all of it without this script too. It runs before the first paint,
// so that nothing moves.
(() => {
  "use strict";

  const units = [["day", 86400], ["hour", 3600], ["minute", 60]];
  let format;
  try {
    format = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { numeric: "auto" });
  } catch {
    format = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  }

  // A date without a time is a day: it is not said to be so many hours ago.
  const relative = (time) => {
    const seconds = (Date.now() - Date.parse(time.dateTime)) / 1000;
    const least = time.dataset.day === undefined ? 60 : 86400;
    if (!(seconds >= 0 && seconds < 7 * 86400)) return "";
    const [unit, size] = units.find(([, size]) => seconds >= size && size >= least) ?? (least === 60 ? ["minute", 60] : ["day", 86400]);
    return format.format(-Math.floor(seconds / size), unit);
  };

  const times = [...document.querySelectorAll("time[datetime]")].map((time) => ({ time, text: time.textContent }));
  const refresh = (paper) => {
    for (const { time, text } of times) {
      const said = paper ? "" : relative(time);
      const target = time.querySelector("bdi") ?? time;
      if (target.textContent === (said || text)) continue;
      target.textContent = said || text;
      time.title = said ? text : "";
    }
  };
  const printing = matchMedia("print");
  refresh(printing.matches);
  printing.addEventListener("change", () => refresh(printing.matches));
  setInterval(() => refresh(printing.matches), 60000);

  for (const button of document.querySelectorAll("button[data-copy]")) {
    const name = button.textContent;
    const status = button.closest("section")?.querySelector("[role=status]");
    let reset;
    button.addEventListener("click", async () => {
      let done = button.dataset.copied;
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
      } catch { // not allowed, or no https: then the reader copies what is selected
        getSelection().selectAllChildren(button.closest("dd").querySelector("a"));
        done = button.dataset.selected;
      }
      button.textContent = done;
      if (status) status.textContent = done;
      clearTimeout(reset);
      reset = setTimeout(() => {
        button.textContent = name;
        if (status) status.textContent = "";
      }, 2500);
    });
    button.hidden = false;
  }
})();
