package tencent

import "time"

const (
	// wrongMethod answers a request that is not a POST. The reference has no code
	// of its own for it (unsure); 60002 is "HTTP request not parseable".
	wrongMethod = 60002
	lookup      = 3 * time.Second
)
