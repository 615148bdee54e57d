// Prints what rss-parser makes of the feed at the first argument: one JSON array
// of {id, title, link}, in the feed's order. It has no memory of earlier polls.
import Parser from 'rss-parser'

const feed = await new Parser().parseURL(process.argv[2])
console.log(JSON.stringify(feed.items.map((item) => ({ id: item.guid ?? item.id, title: item.title, link: item.link }))))
