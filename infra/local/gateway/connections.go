package gateway

import (
	"encoding/json"
	"io"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// serveConnection is the @connections endpoint: POST sends to a client, GET
// tells of it, DELETE ends it. A connection that is gone, or whose $connect
// has not returned yet, answers 410.
func (g *Gateway) serveConnection(w http.ResponseWriter, r *http.Request, id string) {
	switch r.Method {
	case http.MethodPost:
		g.post(w, r, id)
	case http.MethodGet:
		c := g.table.get(id)
		if c == nil {
			g.goneAnswer(w)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(struct {
			ConnectedAt  string   `json:"connectedAt"`
			Identity     identity `json:"identity"`
			LastActiveAt string   `json:"lastActiveAt"`
		}{stamp(c.connected), c.from, stamp(time.UnixMilli(c.active.Load()))})
	case http.MethodDelete:
		c := g.table.get(id)
		if c == nil {
			g.goneAnswer(w)
			return
		}
		c.shut(deleted)
		w.WriteHeader(http.StatusNoContent)
	default:
		fail(w, http.StatusForbidden, "ForbiddenException", `{"message":"Forbidden"}`)
	}
}

// post sends the body to a client. It answers when the frame is queued: a slow
// client never holds up a post.
func (g *Gateway) post(w http.ResponseWriter, r *http.Request, id string) {
	if r.ContentLength > MaxMessage {
		tooLarge(w)
		return
	}
	// One allocation holds header and body of what becomes one frame, the
	// usual case.
	n := int(r.ContentLength)
	if n < 0 {
		n = MaxMessage + 1
	}
	const room = 4
	buffer := make([]byte, room+n)
	read, err := io.ReadFull(r.Body, buffer[room:])
	if r.ContentLength < 0 && (err == io.ErrUnexpectedEOF || err == io.EOF) {
		err = nil
	}
	if err != nil {
		fail(w, http.StatusBadRequest, "BadRequestException", `{"message":"Bad Request"}`)
		return
	}
	if read > MaxMessage {
		tooLarge(w)
		return
	}
	body := buffer[room : room+read]
	if !utf8.Valid(body) {
		// It would end the connection: clients must refuse such a text frame.
		fail(w, http.StatusBadRequest, "BadRequestException", `{"message":"the body is not UTF-8"}`)
		return
	}
	frame := func() []byte {
		if read > MaxFrame {
			return textFrames(body)
		}
		var header [room]byte
		h := appendHeader(header[:0], ws.OpText, true, read)
		start := room - len(h)
		copy(buffer[start:], h)
		return buffer[start : room+read]
	}()
	if g.options.Faults == nil {
		c := g.table.get(id)
		if c == nil || !c.send(frame) {
			g.goneAnswer(w)
			return
		}
		c.touch()
		g.posts.Add(1)
		w.WriteHeader(http.StatusOK)
		return
	}
	g.postWithFaults(w, id, accessKey(r.Header.Get("Authorization")), frame)
}

// postWithFaults does what the verdict on a post says.
func (g *Gateway) postWithFaults(w http.ResponseWriter, id, caller string, frame []byte) {
	v := g.options.Faults.Decide(id, caller)
	c := g.table.get(id)
	if v.Status != 0 {
		if v.Cut && c != nil {
			c.shut(severed)
		}
		failStatus(w, v.Status)
		return
	}
	if c == nil {
		g.goneAnswer(w)
		return
	}
	deliver := func() bool {
		sent := true
		if !v.Drop {
			for range 1 + v.Repeat {
				sent = c.send(frame) && sent
			}
		}
		if v.Cut {
			c.shut(severed)
		}
		return sent
	}
	if v.Delay > 0 {
		time.AfterFunc(v.Delay, func() { deliver() })
	} else if !deliver() {
		g.goneAnswer(w)
		return
	}
	c.touch()
	g.posts.Add(1)
	w.WriteHeader(http.StatusOK)
}

func (g *Gateway) goneAnswer(w http.ResponseWriter) {
	g.gone.Add(1)
	fail(w, http.StatusGone, "GoneException", `{"message":null}`)
}

func tooLarge(w http.ResponseWriter) {
	fail(w, http.StatusRequestEntityTooLarge, "PayloadTooLargeException", `{"message":"Payload Too Large"}`)
}

// failStatus answers with a status that a fault asks for.
func failStatus(w http.ResponseWriter, status int) {
	switch status {
	case http.StatusGone:
		fail(w, status, "GoneException", `{"message":null}`)
	case http.StatusTooManyRequests:
		fail(w, status, "LimitExceededException", `{"message":"Too Many Requests"}`)
	case http.StatusForbidden:
		fail(w, status, "ForbiddenException", `{"message":"Forbidden"}`)
	default:
		fail(w, status, "InternalServerErrorException", `{"message":"Internal server error"}`)
	}
}

// fail answers an error as the endpoint does, where SDKs read the type from
// the header.
func fail(w http.ResponseWriter, status int, kind, body string) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("X-Amzn-Errortype", kind)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
