package source

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"sync"
)

// checkpoints store how far each stream was read, in a file if it has a name. A
// new process continues there. Tables in memory need no file, because their streams
// end with the process.
type checkpoints struct {
	file      string
	mu        sync.Mutex
	sequences map[string]string // last sequence number, by reader.checkpointKey
}

// openCheckpoints reads the file if it exists.
func openCheckpoints(file string) (*checkpoints, error) {
	c := &checkpoints{file: file, sequences: map[string]string{}}
	if file == "" {
		return c, nil
	}
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return c, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &c.sequences)
	}
	if err != nil {
		return nil, fmt.Errorf("checkpoints of the streams: %w; remove %s to read them anew", err, file)
	}
	return c, nil
}

func (c *checkpoints) get(key string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sequences[key]
}

func (c *checkpoints) set(key, value string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sequences[key] = value
	if c.file == "" {
		return nil
	}
	text, err := json.Marshal(maps.Clone(c.sequences))
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.file+".new", text, 0o644); err != nil {
		return err
	}
	return os.Rename(c.file+".new", c.file)
}
