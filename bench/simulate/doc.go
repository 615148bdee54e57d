// Package simulate lets several nodes pull very many sources for a day, in
// minutes. The aggregator (its loop, workers, schedules, back-off and recorder)
// and the store's Claim and Record are the real ones; the clock is virtual
// (testing/synctest), and so are the origins: they stand behind the
// aggregator's Fetcher, so there is neither HTTP nor DNS. It has no code beside
// its tests.
//
// What a call of the store takes in processor time passes in virtual time too,
// one call that writes after the other: a store that can't keep up makes
// sources late. All nodes use one database, as clients of one server would.
// Fetching, parsing and the nodes' own work take no virtual time, only the
// upstreams' answers do.
//
// Whatever the size of the run, it fails unless
//
//  1. no source is leased twice at a time, nor twice for one due time, nor
//     before that;
//  2. no host has more requests at once than it allows, nor one before its
//     pause or what a 429 asked for has passed;
//  3. a healthy source is due again after exactly its interval, and has been
//     visited as often as that says;
//  4. what a lost node had leased is leased again by another one within a
//     second after the lease (where no other source has to go first);
//  5. no result is refused.
//
// A small day is part of the tests. A large one writes its tables:
//
//	go test ./bench/simulate -run Day -v -timeout 3h -sources 1000000 -results ../results
package simulate
