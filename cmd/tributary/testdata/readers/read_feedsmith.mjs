// Prints what feedsmith makes of a feed on standard input: one JSON array of
// {id, title, link}, in the feed's order. It leaves out lists that are empty.
import { readFileSync } from 'node:fs'
import { parseFeed } from 'feedsmith'

const alternate = (links = []) => links.find((link) => (link.rel ?? 'alternate') === 'alternate')?.href

const readers = {
  rss: (feed) => (feed.items ?? []).map((item) => ({ id: item.guid?.value ?? item.guid, title: item.title, link: item.link })),
  atom: (feed) => (feed.entries ?? []).map((entry) => ({ id: entry.id, title: entry.title?.value ?? entry.title, link: alternate(entry.links) })),
  json: (feed) => (feed.items ?? []).map((item) => ({ id: item.id, title: item.title, link: item.url })),
}

const { format, feed } = parseFeed(readFileSync(0, 'utf8'))
console.log(JSON.stringify(readers[format](feed)))
