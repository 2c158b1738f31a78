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

// readBuffer is the size of the read buffer that an idle connection holds, in bytes.
// Most frames of a client are shorter. The payload of a longer one is read directly
// into its own memory.
const readBuffer = 512

// closeTimeout is how long the gateway waits for a client to answer a close frame.
const closeTimeout = time.Second

// A connection is one open WebSocket connection. It has one goroutine that reads, and
// a second one only as long as something must be written, so that an idle connection
// needs little memory.
type connection struct {
	connectionInfo
	gateway    *Gateway
	socket     net.Conn
	frames     *frameReader
	lastActive atomic.Int64  // when the last message was received or posted, in ms
	semaphore  chan struct{} // holds one value for each message that a function handles
	closing    chan struct{} // closed when isClosing is set

	mu          sync.Mutex
	queue       [][]byte // frames that wait to be written
	queuedBytes int      // size of queue, and of what is being written
	writing     bool
	isClosing   bool   // nothing may be added to the queue any more
	ending      ending // why the connection ends, if isClosing
	// writeStarted is when the running write began, in ms. It is 0 if none is running.
	writeStarted atomic.Int64
}

// newConnection returns a connection that is not open yet. early is what the client
// has already sent after its handshake.
func newConnection(g *Gateway, info *connectionInfo, socket net.Conn, early []byte) *connection {
	var source io.Reader = socket
	if len(early) > 0 {
		source = io.MultiReader(bytes.NewReader(early), socket)
	}
	c := &connection{
		connectionInfo: *info,
		gateway:        g,
		socket:         socket,
		frames:         newFrameReader(bufio.NewReaderSize(source, readBuffer)),
		semaphore:      make(chan struct{}, g.options.Frames),
		closing:        make(chan struct{}),
	}
	c.noteActivity()
	return c
}

// open queues the answer to the handshake, makes the connection reachable for posts,
// and then begins to write. This order promises two things. A post that is made after
// the client has received the answer finds the connection. And the client receives
// the answer before any post, even if a function posts at once.
func (c *connection) open(answer []byte) {
	c.queue, c.queuedBytes = [][]byte{answer}, len(answer)
	if !c.gateway.registry.add(c) {
		c.close(goingAway)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.startWriting()
}

func (c *connection) noteActivity() { c.lastActive.Store(c.gateway.options.Now().UnixMilli()) }

// serve reads until the connection ends, and then invokes $disconnect.
func (c *connection) serve() {
	defer c.gateway.running.Done()
	c.close(c.read())
	// The close frame is sent or will be. If the socket were closed while data of the
	// client is unread, the kernel would send a reset and the client could lose the
	// close frame. So read on until the client closes its side.
	_ = c.socket.SetReadDeadline(time.Now().Add(closeTimeout))
	if c.reason().manner != atOnce {
		_, _ = io.Copy(io.Discard, c.socket)
	}
	c.socket.Close()
	c.gateway.invokeDisconnect(&c.connectionInfo, c.reason())
}

// read handles what the client sends until the connection ends. It returns why the
// connection ends if the client is the reason. If close was called meanwhile, the
// result does not matter.
func (c *connection) read() ending {
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
			// A ping is answered, but it does not count as activity.
			c.send(append(appendHeader(nil, ws.OpPong, true, len(m.payload)), m.payload...))
		case ws.OpText:
			c.noteActivity()
			c.gateway.messages.Add(1)
			select {
			case c.semaphore <- struct{}{}:
				go c.handle(m.payload)
			case <-c.closing:
				return abnormal // ignored: close keeps the first reason
			}
		default: // the reader joins fragments, refuses binary messages and needs no pong
		}
	}
}

func (c *connection) handle(body []byte) {
	defer func() { <-c.semaphore }()
	c.gateway.message(c, body)
}

// reason returns why the connection ends.
func (c *connection) reason() ending {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ending
}

// close ends the connection as the ending says. Only the first call has an effect.
// From now on posts do not find the connection.
func (c *connection) close(e ending) {
	c.gateway.registry.remove(c)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.isClosing {
		return
	}
	c.isClosing, c.ending = true, e
	close(c.closing)
	switch e.manner {
	case atOnce:
		c.queue = nil
		c.socket.Close()
		return
	case afterCloseFrame:
		c.queue = append(c.queue, closeFrame(e))
	case afterQueue:
	}
	c.startWriting()
	// The reader may be waiting for a client that sends nothing more. A deadline in
	// the past ends its wait. Then serve sets a new deadline.
	_ = c.socket.SetReadDeadline(time.Unix(1, 0))
}

// send queues whole frames and never waits. It returns false if the connection is
// closing. If more than Options.Queue bytes would wait for the client, it closes the
// connection and returns false.
func (c *connection) send(frames []byte) bool {
	c.mu.Lock()
	if c.isClosing {
		c.mu.Unlock()
		return false
	}
	if c.queuedBytes+len(frames) > c.gateway.options.Queue && c.queuedBytes > 0 {
		c.mu.Unlock()
		c.gateway.slow.Add(1)
		c.close(abnormal)
		return false
	}
	c.queue = append(c.queue, frames)
	c.queuedBytes += len(frames)
	c.startWriting()
	c.mu.Unlock()
	return true
}

// startWriting starts the writing goroutine if it does not run. The caller holds mu.
func (c *connection) startWriting() {
	if !c.writing {
		c.writing = true
		go c.write()
	}
}

// write writes until the queue is empty. Frames that are queued during one write are
// all sent by the next one.
func (c *connection) write() {
	for {
		c.mu.Lock()
		batch := c.queue
		c.queue = nil
		if len(batch) == 0 {
			c.writing = false
			closing, manner := c.isClosing, c.ending.manner
			c.mu.Unlock()
			switch writer, ok := c.socket.(interface{ CloseWrite() error }); {
			case closing && manner == afterQueue:
				c.socket.Close()
			case closing && ok:
				_ = writer.CloseWrite()
			}
			return
		}
		c.mu.Unlock()
		size := 0
		for _, b := range batch {
			size += len(b)
		}
		c.writeStarted.Store(time.Now().UnixMilli())
		var err error
		if len(batch) == 1 {
			_, err = c.socket.Write(batch[0])
		} else {
			buffers := net.Buffers(batch)
			_, err = buffers.WriteTo(c.socket)
		}
		c.writeStarted.Store(0)
		if err != nil {
			c.mu.Lock()
			c.writing, c.queue = false, nil
			c.mu.Unlock()
			// The reader gets an error from the closed socket and ends the connection.
			c.socket.Close()
			return
		}
		c.mu.Lock()
		c.queuedBytes -= size
		c.mu.Unlock()
	}
}
