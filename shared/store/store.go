// Package store reads and writes everything that Parley stores in DynamoDB. It
// implements the interfaces that the domain declares.
//
// The files are grouped by aggregate: apps, accounts, profiles, relations, follows,
// watches, sessions, conversations, messages, merged lists and exports. Every key is
// in keys.go and the files keys_*.go, tables.go says which keys belong to which
// aggregate, and meter.go counts what each call consumes and touches.
package store

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"parley/shared/attempt"
	"parley/shared/clock"
)

// Store reads and writes the four tables.
type Store struct {
	db    calls
	names map[Table]string
}

// New returns a Store over the tables with these names. endpoint is empty on AWS.
// Options may add middleware; tests use it to stop a function between two calls.
func New(cfg aws.Config, endpoint string, names map[Table]string, options ...func(*dynamodb.Options)) *Store {
	tables := make(map[string]Table, len(names))
	for t, name := range names {
		tables[name] = t
	}
	db := dynamodb.NewFromConfig(cfg, append([]func(*dynamodb.Options){func(o *dynamodb.Options) {
		if endpoint != "" {
			o.BaseEndpoint = &endpoint
		}
		o.APIOptions = append(o.APIOptions, meter(tables), attempt.Bounded)
	}}, options...)...)
	return &Store{db: calls{client: db, clock: clock.System{}}, names: names}
}

func (s *Store) name(t Table) *string { n := s.names[t]; return &n }
