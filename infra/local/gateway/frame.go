package gateway

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// A violation says how a client broke the protocol or a limit. The connection is
// closed with its status.
type violation struct {
	status ws.StatusCode
	reason string
}

func (v violation) Error() string { return fmt.Sprintf("%d %s", v.status, v.reason) }

// A frameReader reads the frames of a client, checks the limits, and joins fragments
// to messages. Between messages it holds no memory but the buffer of its source.
type frameReader struct {
	in       *bufio.Reader
	header   [ws.MaxHeaderSize]byte
	state    ws.State
	fragment []byte // the fragments of the current message so far
}

// A received is a whole text message, or one control frame.
type received struct {
	op      ws.OpCode // OpText, OpPing, OpPong or OpClose
	payload []byte    // the caller may keep it
	close   ending    // for OpClose: what to answer and to report to $disconnect
}

func newFrameReader(in *bufio.Reader) *frameReader {
	return &frameReader{in: in, state: ws.StateServerSide}
}

// next waits for the next message or control frame. The error is a violation, or the
// error of the source.
func (f *frameReader) next() (received, error) {
	for {
		h, err := ws.ReadHeaderBuffer(f.in, f.header[:])
		switch {
		case err == nil:
		case errors.Is(err, ws.ErrHeaderLengthMSB), errors.Is(err, ws.ErrHeaderLengthUnexpected):
			return received{}, violation{ws.StatusProtocolError, "malformed frame"}
		default:
			return received{}, err
		}
		if err := ws.CheckHeader(h, f.state); err != nil {
			return received{}, violation{ws.StatusProtocolError, err.Error()}
		}
		// Check the header first: the payload of a refused frame is not read into memory.
		switch {
		case h.OpCode == ws.OpBinary:
			return received{}, violation{ws.StatusUnsupportedData, "binary frames are not supported"}
		case h.Length > MaxFrame:
			return received{}, violation{ws.StatusMessageTooBig, "frame over 32 KB"}
		case !h.OpCode.IsControl() && int64(len(f.fragment))+h.Length > MaxMessage:
			return received{}, violation{ws.StatusMessageTooBig, "message over 128 KB"}
		}
		if h.OpCode.IsControl() {
			payload, err := f.payload(nil, h)
			if err != nil {
				return received{}, err
			}
			m := received{op: h.OpCode, payload: payload}
			if h.OpCode == ws.OpClose {
				m.close, err = parseClose(payload)
			}
			return m, err
		}
		message, err := f.payload(f.fragment, h)
		if err != nil {
			return received{}, err
		}
		if !h.Fin {
			f.fragment, f.state = message, f.state.Set(ws.StateFragmented)
			continue
		}
		f.fragment, f.state = nil, f.state.Clear(ws.StateFragmented)
		if !utf8.Valid(message) {
			return received{}, violation{ws.StatusInvalidFramePayloadData, "text is not UTF-8"}
		}
		return received{op: ws.OpText, payload: message}, nil
	}
}

// payload appends the payload of a frame to b.
func (f *frameReader) payload(b []byte, h ws.Header) ([]byte, error) {
	n := len(b)
	if total := n + int(h.Length); total > cap(b) {
		grown := make([]byte, n, max(total, min(2*n, MaxMessage)))
		copy(grown, b)
		b = grown
	}
	b = b[:n+int(h.Length)]
	if _, err := io.ReadFull(f.in, b[n:]); err != nil {
		if err == io.EOF && h.Length > 0 {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	ws.Cipher(b[n:], h.Mask, 0)
	return b, nil
}

// parseClose parses a close frame of a client.
func parseClose(payload []byte) (ending, error) {
	if len(payload) == 0 {
		return ending{status: ws.StatusNoStatusRcvd, reason: "Client-side close frame status not set"}, nil
	}
	if len(payload) == 1 {
		return ending{}, violation{ws.StatusProtocolError, "malformed close frame"}
	}
	code, reason := ws.ParseCloseFrameData(payload)
	if err := ws.CheckCloseFrameData(code, reason); err != nil {
		return ending{}, violation{ws.StatusProtocolError, "malformed close frame"}
	}
	return ending{status: code, reason: reason}, nil
}

// appendHeader appends the header of an unmasked frame to b.
func appendHeader(b []byte, op ws.OpCode, fin bool, length int) []byte {
	first := byte(op)
	if fin {
		first |= 0x80
	}
	switch {
	case length < 126:
		return append(b, first, byte(length))
	case length < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, first, 126), uint16(length))
	}
	return binary.BigEndian.AppendUint64(append(b, first, 127), uint64(length))
}

// textFrames returns the frames of one text message. A message over MaxFrame bytes
// becomes several frames: the limit holds for what API Gateway sends, too.
func textFrames(text []byte) []byte {
	count := max(1, (len(text)+MaxFrame-1)/MaxFrame)
	b := make([]byte, 0, len(text)+count*4)
	op := ws.OpText
	for {
		fragment := text[:min(len(text), MaxFrame)]
		text = text[len(fragment):]
		b = append(appendHeader(b, op, len(text) == 0, len(fragment)), fragment...)
		if len(text) == 0 {
			return b
		}
		op = ws.OpContinuation
	}
}

// closeFrame returns the close frame of an ending. A long reason is cut to the limit of
// a control frame, at a character boundary.
func closeFrame(e ending) []byte {
	if e.status == ws.StatusNoStatusRcvd {
		return appendHeader(nil, ws.OpClose, true, 0)
	}
	reason := e.reason
	for len(reason) > ws.MaxControlFramePayloadSize-2 {
		reason = reason[:len(reason)-1]
	}
	for !utf8.ValidString(reason) {
		reason = reason[:len(reason)-1]
	}
	b := appendHeader(nil, ws.OpClose, true, 2+len(reason))
	return append(binary.BigEndian.AppendUint16(b, uint16(e.status)), reason...)
}
