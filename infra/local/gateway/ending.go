package gateway

import "github.com/gobwas/ws"

// An ending says why and how a connection ends. The close frame and the $disconnect
// event contain its status and reason.
type ending struct {
	status ws.StatusCode
	reason string
	manner manner
}

// A manner says when the socket is closed.
type manner int

const (
	afterCloseFrame manner = iota // after the queued frames and a close frame are sent
	afterQueue                    // after the queued frames are sent, without a close frame
	atOnce                        // at once; queued frames are dropped
)

var (
	goingAway          = ending{status: ws.StatusGoingAway, reason: "Going away"}
	deleted            = ending{status: ws.StatusNormalClosure, reason: "Connection Closed Normally"}
	abnormal           = ending{status: ws.StatusAbnormalClosure, reason: "Connection Closed Abnormally", manner: atOnce}
	abnormalAfterQueue = ending{status: ws.StatusAbnormalClosure, reason: "Connection Closed Abnormally", manner: afterQueue}
)
