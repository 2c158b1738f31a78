package object

import (
	"fmt"
	"time"

	bolt "go.etcd.io/bbolt"
)

// openFile opens the file of all buckets, which one program can have open.
func openFile(name string) (*bolt.DB, error) {
	db, err := bolt.Open(name, 0o600, &bolt.Options{Timeout: time.Second})
	if err != nil {
		return nil, fmt.Errorf("%s: %w; another local cloud may use it", name, err)
	}
	return db, nil
}
