package gateway

import (
	"encoding/json"
	"io"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// serveConnection serves the @connections endpoint: POST sends to a client, GET
// describes its connection, DELETE ends it. If the connection has ended, or if its
// $connect has not returned yet, the status is 410.
func (g *Gateway) serveConnection(w http.ResponseWriter, r *http.Request, id string) {
	switch r.Method {
	case http.MethodPost:
		g.post(w, r, id)
	case http.MethodGet:
		c := g.registry.get(id)
		if c == nil {
			g.answerGone(w)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(struct {
			ConnectedAt  string   `json:"connectedAt"`
			Identity     identity `json:"identity"`
			LastActiveAt string   `json:"lastActiveAt"`
		}{formatTime(c.connectedAt), c.identity, formatTime(time.UnixMilli(c.lastActive.Load()))})
	case http.MethodDelete:
		c := g.registry.get(id)
		if c == nil {
			g.answerGone(w)
			return
		}
		c.close(deleted)
		w.WriteHeader(http.StatusNoContent)
	default:
		fail(w, http.StatusForbidden, "ForbiddenException", `{"message":"Forbidden"}`)
	}
}

// post sends the body to a client. It answers as soon as the frame is queued, so a
// slow client does not make posts slow.
func (g *Gateway) post(w http.ResponseWriter, r *http.Request, id string) {
	if r.ContentLength > MaxMessage {
		answerTooLarge(w)
		return
	}
	// The usual case is a body that fits one frame. Then one allocation holds the
	// header of the frame and the body.
	n := int(r.ContentLength)
	if n < 0 {
		n = MaxMessage + 1
	}
	const headerSpace = 4
	buffer := make([]byte, headerSpace+n)
	length, err := io.ReadFull(r.Body, buffer[headerSpace:])
	if r.ContentLength < 0 && (err == io.ErrUnexpectedEOF || err == io.EOF) {
		err = nil
	}
	if err != nil {
		fail(w, http.StatusBadRequest, "BadRequestException", `{"message":"Bad Request"}`)
		return
	}
	if length > MaxMessage {
		answerTooLarge(w)
		return
	}
	body := buffer[headerSpace : headerSpace+length]
	if !utf8.Valid(body) {
		// A client must end its connection if it receives such a text frame.
		fail(w, http.StatusBadRequest, "BadRequestException", `{"message":"the body is not UTF-8"}`)
		return
	}
	frame := func() []byte {
		if length > MaxFrame {
			return textFrames(body)
		}
		var header [headerSpace]byte
		h := appendHeader(header[:0], ws.OpText, true, length)
		start := headerSpace - len(h)
		copy(buffer[start:], h)
		return buffer[start : headerSpace+length]
	}()
	if g.options.Faults == nil {
		c := g.registry.get(id)
		if c == nil || !c.send(frame) {
			g.answerGone(w)
			return
		}
		c.noteActivity()
		g.posts.Add(1)
		w.WriteHeader(http.StatusOK)
		return
	}
	g.postWithFaults(w, id, accessKey(r.Header.Get("Authorization")), frame)
}

// postWithFaults makes a post as the fault injector decides.
func (g *Gateway) postWithFaults(w http.ResponseWriter, id, caller string, frame []byte) {
	v := g.options.Faults.Decide(id, caller)
	c := g.registry.get(id)
	if v.Status != 0 {
		if v.Cut && c != nil {
			c.close(abnormalAfterQueue)
		}
		failStatus(w, v.Status)
		return
	}
	if c == nil {
		g.answerGone(w)
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
			c.close(abnormalAfterQueue)
		}
		return sent
	}
	if v.Delay > 0 {
		time.AfterFunc(v.Delay, func() { deliver() })
	} else if !deliver() {
		g.answerGone(w)
		return
	}
	c.noteActivity()
	g.posts.Add(1)
	w.WriteHeader(http.StatusOK)
}

func (g *Gateway) answerGone(w http.ResponseWriter) {
	g.gone.Add(1)
	fail(w, http.StatusGone, "GoneException", `{"message":null}`)
}

func answerTooLarge(w http.ResponseWriter) {
	fail(w, http.StatusRequestEntityTooLarge, "PayloadTooLargeException", `{"message":"Payload Too Large"}`)
}

// failStatus answers with the status of an injected fault.
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

// fail answers with an error as the @connections endpoint does. The AWS SDK reads the
// type of the error from the header.
func fail(w http.ResponseWriter, status int, kind, body string) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("X-Amzn-Errortype", kind)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func formatTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
