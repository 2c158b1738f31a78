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

// A violation is what a client did against the protocol or the limits. It ends
// the connection with the status.
type violation struct {
	status ws.StatusCode
	reason string
}

func (v violation) Error() string { return fmt.Sprintf("%d %s", v.status, v.reason) }

// A frameReader puts messages together from the frames of a client and holds
// them against the limits. It keeps nothing between messages but the buffer of
// its source.
type frameReader struct {
	in       *bufio.Reader
	header   [ws.MaxHeaderSize]byte
	state    ws.State
	fragment []byte // what has come of a message in several frames
}

// A received is a whole text, or one control frame.
type received struct {
	op      ws.OpCode // OpText, OpPing, OpPong or OpClose
	payload []byte    // belongs to the caller
	close   ending    // of OpClose: what to answer and to report
}

func newFrameReader(in *bufio.Reader) *frameReader {
	return &frameReader{in: in, state: ws.StateServerSide}
}

// next waits for the next message. It fails with a violation, or with the
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
		// Judged by the header: what is refused is never read into memory.
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

// payload reads the payload of a frame behind what is in b already.
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

// parseClose reads a close frame of a client.
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

// appendHeader writes the header of an unmasked frame.
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

// textFrames makes the frames of one text, several when it is over the size of
// a frame: API Gateway cuts what it sends as it asks clients to.
func textFrames(text []byte) []byte {
	pieces := max(1, (len(text)+MaxFrame-1)/MaxFrame)
	b := make([]byte, 0, len(text)+pieces*4)
	op := ws.OpText
	for {
		piece := text[:min(len(text), MaxFrame)]
		text = text[len(piece):]
		b = append(appendHeader(b, op, len(text) == 0, len(piece)), piece...)
		if len(text) == 0 {
			return b
		}
		op = ws.OpContinuation
	}
}

// closeFrame makes the close frame of an ending.
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
