// Package news is the domain of Tributary: the nouns that operators, readers
// and embedders use, with their contracts, and nothing that knows SQL, HTTP,
// XML or the clock. It imports only the standard library.
//
// Stories flow one way through it:
//
//	bytes → [Document] → [Batch] → [Changes] → stored [Story] → [Edition]
//	       parse        normalize  merge      store           publisher
//
// A [Document] holds what an upstream wrote, none of which is safe; a [Batch]
// holds the same stories made safe, absolute and plain. The two are different
// types so that nothing unsafe can be stored or published by mistake.
//
// Words: a [Source] is a feed that we pull, as configured. A [Visit] is one
// attempt to pull it. A [Story] is one item, whoever wrote it; an article is a
// story that we wrote ourselves. A [Feed] is a combined feed that we publish,
// as configured; an [Edition] is the stories of one feed at one moment.
//
// Values are plain data: safe to copy, not safe to change while another
// goroutine reads them. All times are UTC and, once stored, cut to the
// millisecond; the zero [time.Time] means unknown.
package news
