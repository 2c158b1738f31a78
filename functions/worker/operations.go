// Package worker lists the groups that queues, streams and schedules invoke.
package worker

import (
	"parley/functions/worker/archive"
	"parley/functions/worker/background"
	"parley/functions/worker/broadcast"
	"parley/functions/worker/delivery"
	"parley/shared/op"
)

// Groups returns the groups in the order of docs/reference.
func Groups() op.Catalog {
	return op.Catalog{
		{Name: "worker.delivery", Operations: delivery.Operations},
		{Name: "worker.broadcast", Operations: broadcast.Operations},
		{Name: "worker.background", Operations: background.Operations},
		{Name: "worker.archive", Operations: archive.Operations},
	}
}
