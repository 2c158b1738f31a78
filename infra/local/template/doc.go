// Package template reads the SAM templates of the repository, the root template and
// the nested stacks, into a Model: the functions, routes, queues, tables, buckets and
// schedules that exist. The local cloud learns from it what to run.
package template
