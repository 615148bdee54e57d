"""Prints what feedparser makes of a feed on standard input: one JSON array of
{id, title, link}, in the feed's order. Exits 1 when it calls the feed bozo."""
import json
import sys

import feedparser

feed = feedparser.parse(sys.stdin.buffer.read())
if feed.bozo:
    sys.exit(f"bozo: {feed.bozo_exception}")
print(json.dumps([{"id": e.get("id"), "title": e.get("title"), "link": e.get("link")} for e in feed.entries]))
