// Package model tests the one-to-one message paths against a model: under a
// seed, senders, devices and the delivery worker run step by step on the real
// domain and the real store, are interrupted, killed and delayed between any two
// calls, and in the end everything must be as docs/data-model.md §1 promises.
//
// One seed is one schedule and always the same one:
//
//	MODEL_SEED=17 go test ./infra/model -run TestModel -v   # one, with its trace
//	MODEL_SEEDS=10000 MODEL_FROM=1 go test ./infra/model    # many
package model
