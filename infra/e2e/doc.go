// Package e2e holds the scenarios that the whole of Parley is held against: the
// real program on the local cloud, spoken to over HTTP and WebSockets as apps,
// backends and attackers do. Its tests are its only content.
//
// Most scenarios share one stack in memory and make an application of their own
// in it; those that break things, change limits or keep data on disk start their
// own. Chance comes from a seed that is printed when a test fails;
// PARLEY_E2E_SEED repeats it.
package e2e
