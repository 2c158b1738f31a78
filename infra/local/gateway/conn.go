package gateway

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"
)

// readBuffer is what an idle connection keeps for reading. Most frames of a
// client are shorter; longer payloads are read past it.
const readBuffer = 512

// grace is how long a client may take to answer a close frame.
const grace = time.Second

// A conn is one open connection: one goroutine that reads, and another only
// while something waits to be written.
type conn struct {
	peer
	gateway *Gateway
	socket  net.Conn
	frames  *frameReader
	active  atomic.Int64  // when something last went either way, ms
	slots   chan struct{} // one for each message in a function
	over    chan struct{} // closed when the end is decided

	mu      sync.Mutex
	queue   [][]byte // what waits to be written
	queued  int      // its bytes, with what is being written
	writing bool
	ended   bool   // nothing may be queued any more
	ending  ending // why, when ended
	// writeSince is when the present write began, in ms; 0 when there is none.
	writeSince atomic.Int64
}

// newConn makes a connection that is not yet open. early is what the client
// sent behind its handshake.
func newConn(g *Gateway, p *peer, socket net.Conn, early []byte) *conn {
	var source io.Reader = socket
	if len(early) > 0 {
		source = io.MultiReader(bytes.NewReader(early), socket)
	}
	c := &conn{
		peer:    *p,
		gateway: g,
		socket:  socket,
		frames:  newFrameReader(bufio.NewReaderSize(source, readBuffer)),
		slots:   make(chan struct{}, g.options.Frames),
		over:    make(chan struct{}),
	}
	c.touch()
	return c
}

// open lets posts in and sends the answer to the handshake, in this order: who
// has seen the answer finds the connection. The answer is in the queue before
// that, so no post can overtake it.
func (c *conn) open(answer []byte) {
	c.queue, c.queued = [][]byte{answer}, len(answer)
	if !c.gateway.table.put(c) {
		c.shut(goingAway)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.startWriting()
}

func (c *conn) touch() { c.active.Store(c.gateway.options.Now().UnixMilli()) }

// serve reads until the connection ends, then tells $disconnect.
func (c *conn) serve() {
	defer c.gateway.running.Done()
	c.shut(c.read())
	// The client has the close frame, or soon will. Reading on until it closes
	// keeps the kernel from throwing that frame away with a reset.
	_ = c.socket.SetReadDeadline(time.Now().Add(grace))
	if c.why().manner != abrupt {
		_, _ = io.Copy(io.Discard, c.socket)
	}
	c.socket.Close()
	c.gateway.disconnected(&c.peer, c.why())
}

// read handles what the client sends until it says something that ends the
// connection, or until the connection is ended from elsewhere.
func (c *conn) read() ending {
	for {
		m, err := c.frames.next()
		if err != nil {
			var v violation
			if errors.As(err, &v) {
				return ending{status: v.status, reason: v.reason}
			}
			return abnormal
		}
		switch m.op {
		case ws.OpClose:
			return m.close
		case ws.OpPing:
			// A ping is answered and does not count as activity.
			c.send(append(appendHeader(nil, ws.OpPong, true, len(m.payload)), m.payload...))
		case ws.OpText:
			c.touch()
			c.gateway.messages.Add(1)
			select {
			case c.slots <- struct{}{}:
				go c.handle(m.payload)
			case <-c.over:
				return abnormal // shut keeps the first reason
			}
		}
	}
}

func (c *conn) handle(body []byte) {
	defer func() { <-c.slots }()
	c.gateway.message(c, body)
}

// why returns the reason of the end.
func (c *conn) why() ending {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ending
}

// shut ends the connection, in the manner of the ending. Only the first reason
// counts. From here on posts find nothing.
func (c *conn) shut(e ending) {
	c.gateway.table.drop(c)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return
	}
	c.ended, c.ending = true, e
	close(c.over)
	switch e.manner {
	case abrupt:
		c.queue = nil
		c.socket.Close()
		return
	case polite:
		c.queue = append(c.queue, closeFrame(e))
	}
	c.startWriting()
	// The reader may be waiting for a client that never speaks again: wake it,
	// so that it turns to the end. It sets the deadline of that itself.
	_ = c.socket.SetReadDeadline(time.Unix(1, 0))
}

// send queues whole frames. It never waits. It is false when the connection is
// ending, or ends now because the client has left too much unread.
func (c *conn) send(frames []byte) bool {
	c.mu.Lock()
	if c.ended {
		c.mu.Unlock()
		return false
	}
	if c.queued+len(frames) > c.gateway.options.Queue && c.queued > 0 {
		c.mu.Unlock()
		c.gateway.slow.Add(1)
		c.shut(abnormal)
		return false
	}
	c.queue = append(c.queue, frames)
	c.queued += len(frames)
	c.startWriting()
	c.mu.Unlock()
	return true
}

// startWriting is called with mu held.
func (c *conn) startWriting() {
	if !c.writing {
		c.writing = true
		go c.write()
	}
}

// write empties the queue and goes. All that has gathered during one write
// leaves in the next.
func (c *conn) write() {
	for {
		c.mu.Lock()
		batch := c.queue
		c.queue = nil
		if len(batch) == 0 {
			c.writing = false
			ended, manner := c.ended, c.ending.manner
			c.mu.Unlock()
			switch half, ok := c.socket.(interface{ CloseWrite() error }); {
			case ended && manner == flushed:
				c.socket.Close()
			case ended && ok:
				_ = half.CloseWrite()
			}
			return
		}
		c.mu.Unlock()
		size := 0
		for _, b := range batch {
			size += len(b)
		}
		c.writeSince.Store(time.Now().UnixMilli())
		var err error
		if len(batch) == 1 {
			_, err = c.socket.Write(batch[0])
		} else {
			buffers := net.Buffers(batch)
			_, err = buffers.WriteTo(c.socket)
		}
		c.writeSince.Store(0)
		if err != nil {
			c.mu.Lock()
			c.writing, c.queue = false, nil
			c.mu.Unlock()
			// The reader learns of it from the closed socket.
			c.socket.Close()
			return
		}
		c.mu.Lock()
		c.queued -= size
		c.mu.Unlock()
	}
}
