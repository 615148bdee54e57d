// <latest-articles feed="NAME">: the newest stories of a feed, on any page.
//
// What it promises is in docs/embedders.md. How it keeps that:
//
//  1. What is inside the element stays visible until there is a list, and for
//     good where this script doesn't run. A list stays until there is a newer
//     one, whatever fails.
//  2. Elements that show the same feed share one request, and one stream.
//  3. Text is set as text, and links lead to http and https only: a title is
//     never markup, whatever stands in it.
//  4. Styles are a constructed style sheet, and properties set one by one: a
//     policy that forbids inline styles has nothing to forbid.
//  5. The box is as high as its list will be before that is there: nothing
//     below it moves. Of a list shorter than that, the rest is let go where
//     nobody can see it: when it lies wholly below the window.
//
// The file is minified, with embed.css in the place of its name below, before
// it is published; together they must stay below 3 KB in gzip.
(() => {
  const name = "latest-articles";
  if (customElements.get(name)) return; // loaded twice

  const sheet = new CSSStyleSheet();
  sheet.replaceSync("embed.css");

  // The site is where this script came from, by whichever of its names.
  const origin = document.currentScript?.src.replace(/(\/static)?\/embed[^/]*$/, "");
  const most = 10; // stories in embed.json
  const firstWait = 5e3, lastWait = 3e5, silence = 6e4, tick = 3e4; // milliseconds; a stream is never silent for more than 25 s
  const feeds = {}; // by address
  const elements = new Set(); // those in the page

  const web = (address) => {
    try {
      const url = new URL(address);
      if (/^https?:$/.test(url.protocol)) return url.href;
    } catch {}
  };

  const feedAt = (address) => {
    let loading, stream, timer, wait = firstWait;

    const get = async (cache) => {
      const answer = await fetch(address + "/embed.json", { cache });
      if (!answer.ok) throw answer.status;
      return answer.json();
    };

    const show = () => elements.forEach((element) => element.feed == feed && element.show());

    // A copy that the browser holds is asked after, and used as it is when
    // nobody answers.
    const load = () =>
      (loading ||= get("no-cache")
        .catch(() => get("force-cache"))
        .then((data) => {
          feed.data = data;
          show();
        })
        .catch((problem) => console.warn(name, address, problem))
        .finally(() => (loading = 0)));

    const merge = (fresh) => {
      if (!feed.data) return load();
      const ids = fresh.map((story) => story.id);
      feed.data.items = [...fresh, ...feed.data.items.filter((story) => !ids.includes(story.id))]
        .sort((a, b) => Date.parse(b.date_published) - Date.parse(a.date_published))
        .slice(0, most);
      show();
    };

    const stop = () => {
      clearTimeout(timer);
      stream?.close();
      stream = null;
    };

    // Opens the stream anew after a while: when it broke, each time later, or
    // when it has gone silent. The browser would come back by itself, but as
    // often as ever.
    const again = (after) => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        stop();
        feed.follow();
      }, after);
    };

    const feed = {
      load,
      // Follows the stream while the page is seen and an element wants it.
      follow() {
        if (document.hidden || ![...elements].some((element) => element.feed == feed && element.has("live"))) return stop();
        if (stream) return;
        const heard = (act) => (event) => {
          wait = firstWait;
          again(silence);
          act(event);
        };
        stream = new EventSource(address + "/events");
        stream.onopen = heard(() => Promise.resolve(loading).then(load)); // what came before it was open
        stream.addEventListener("beat", heard(() => {}));
        stream.addEventListener("reset", heard(load));
        stream.addEventListener("stories", heard((event) => merge(JSON.parse(event.data))));
        stream.onerror = () => {
          stop();
          again(wait * (1 - Math.random() / 2));
          wait = Math.min(2 * wait, lastWait);
        };
        again(silence);
      },
    };
    return feed;
  };

  const relative = (date, language) => {
    const seconds = Math.min(0, (date - Date.now()) / 1e3);
    if (seconds < -7 * 86400) return date.toLocaleDateString(language, { dateStyle: "medium" });
    const [unit, size] =
      [["day", 86400], ["hour", 3600], ["minute", 60]].find(([, size]) => seconds <= -size) || ["second", Infinity];
    return new Intl.RelativeTimeFormat(language, { numeric: size < Infinity ? "always" : "auto" }).format(Math.ceil(seconds / size), unit);
  };

  customElements.define(
    name,
    class extends HTMLElement {
      static observedAttributes = ["feed", "limit", "live", "site", "thumbnails"];

      constructor() {
        super();
        this.root = this.attachShadow({ mode: "open" });
        this.root.adoptedStyleSheets = [sheet];
        this.box = this.make("div", "box");
        this.box.append(document.createElement("slot"));
        this.root.append(this.box);
      }

      connectedCallback() {
        elements.add(this);
        this.start();
      }

      disconnectedCallback() {
        elements.delete(this);
        this.feed?.follow();
      }

      attributeChangedCallback() {
        if (elements.has(this)) this.start();
      }

      reserve(rows) {
        this.box.style.setProperty("--rows", rows);
      }

      has(attribute) {
        return this.hasAttribute(attribute);
      }

      start() {
        const limit = parseInt(this.getAttribute("limit")) || 5;
        this.limit = Math.max(1, Math.min(limit, most));
        this.reserve(this.limit);
        const address = (this.getAttribute("site") || origin) + "/" + encodeURIComponent(this.getAttribute("feed") || "latest");
        const former = this.feed;
        this.feed = feeds[address] ||= feedAt(address);
        if (former != this.feed) former?.follow();
        if (this.feed.data) this.show();
        else this.feed.load();
        this.feed.follow();
      }

      // A list that someone points at or has the focus in stays as it is for
      // the moment: nothing moves under a finger.
      show() {
        const { data } = this.feed;
        const stories = data.items.slice(0, this.limit);
        const now = JSON.stringify([stories, this.has("thumbnails")]);
        if (now == this.shown) return;
        if (this.shown && (this.root.activeElement || this.matches(":hover"))) {
          clearTimeout(this.later);
          this.later = setTimeout(() => this.show(), firstWait);
          return;
        }
        this.shown = now;
        this.language = this.closest("[lang]")?.lang || undefined;
        const list = this.make("ol", "list");
        list.append(...stories.map((story) => this.item(story, data.language)));
        this.box.replaceChildren(list);
        if (!this.has("live") && this.getBoundingClientRect().top + list.offsetHeight >= innerHeight) this.reserve(stories.length);
        this.tick();
      }

      item(story, language) {
        const item = this.make("li", "item");
        item.lang = story.language || language || "";
        item.dir = "auto";
        const text = this.make("div", "text");
        const link = web(story.url);
        const title = this.make(link ? "a" : "span", "title", story.title);
        if (link) title.href = link;
        const time = this.make("time", "time");
        time.dateTime = story.date_published;
        time.dir = "auto"; // its language is the page's, whatever the title's
        const meta = this.make("div", "meta");
        if (story.source) meta.append(this.make("bdi", "source", story.source.title), " · ");
        meta.append(time);
        text.append(title, meta);
        item.append(text);
        const image = this.has("thumbnails") && web(story.image);
        if (image) {
          const picture = this.make("img", "image");
          picture.alt = "";
          picture.loading = "lazy";
          picture.referrerPolicy = "no-referrer";
          picture.src = image;
          item.append(picture);
        }
        return item;
      }

      make(tag, part, text) {
        const element = document.createElement(tag);
        element.className = "la-" + part;
        element.part = part;
        if (text) element.textContent = text;
        return element;
      }

      tick() {
        for (const time of this.root.querySelectorAll("time")) {
          const date = new Date(time.dateTime);
          if (isNaN(date)) continue;
          time.lang = this.language || "";
          time.title = date.toLocaleString(this.language);
          time.textContent = relative(date, this.language);
        }
      }
    },
  );

  document.addEventListener("visibilitychange", () => Object.values(feeds).forEach((feed) => feed.follow()));
  setInterval(() => document.hidden || elements.forEach((element) => element.tick()), tick);
})();
