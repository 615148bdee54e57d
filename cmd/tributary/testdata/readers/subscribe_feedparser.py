"""Polls the feed at the first argument with feedparser, keeping in the file of
the second argument what a subscriber keeps, and prints its stories like
read_feedparser.py."""
import json
import sys

import feedparser

address, state = sys.argv[1:]
try:
    with open(state, encoding="utf-8") as file:
        kept = json.load(file)
except FileNotFoundError:
    kept = {}
feed = feedparser.parse(address, etag=kept.get("etag"), modified=kept.get("modified"))
if feed.status != 304:
    if feed.bozo:
        sys.exit(f"bozo: {feed.bozo_exception}")
    stories = [{"id": e.get("id"), "title": e.get("title"), "link": e.get("link")} for e in feed.entries]
    kept = {"etag": feed.get("etag"), "modified": feed.get("modified"), "stories": stories}
    with open(state, "w", encoding="utf-8") as file:
        json.dump(kept, file)
print(json.dumps(kept["stories"]))
