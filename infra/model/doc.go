// Package model tests one-to-one messages, and the messages of groups, against a model.
// Senders, devices and the delivery worker run step by step on the real domain and the real
// store. A seed decides where they are interrupted, killed and delayed: between any two
// calls. In the end everything must be as docs/data-model.md §1 promises.
//
// A seed always makes the same schedule:
//
//	MODEL_SEED=17 go test ./infra/model -run TestModel -v   # one schedule, with its trace
//	MODEL_SEEDS=10000 MODEL_FROM=1 go test ./infra/model    # many schedules
package model
