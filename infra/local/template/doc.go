// Package template reads the SAM templates of the repository, root and nested
// stacks, into a Model of what exists: functions, routes, queues, tables and
// schedules. The local cloud knows of nothing else.
package template
