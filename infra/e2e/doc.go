// Package e2e tests Parley as a whole. The real program runs on the local cloud, and
// the tests call it over HTTP and WebSockets, as apps, backends and attackers do. The
// package contains tests only.
//
// Most tests share one stack in memory, and each creates an application of its own in
// it. Tests that inject faults, change limits or store data on disk start stacks of
// their own. Random numbers come from a seed, which a failed test prints;
// PARLEY_E2E_SEED sets it.
package e2e
