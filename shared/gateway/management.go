package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	"github.com/aws/smithy-go/middleware"

	"parley/shared/attempt"
)

// management has the SDK's client. It is made at the first use, because most functions
// only post.
type management struct {
	once sync.Once
	sdk  *apigatewaymanagementapi.Client
}

// client returns the SDK's client.
func (m *management) client(o Options) *apigatewaymanagementapi.Client {
	m.once.Do(func() {
		m.sdk = apigatewaymanagementapi.New(apigatewaymanagementapi.Options{
			Region: o.Region, Credentials: o.Credentials, BaseEndpoint: &o.Endpoint,
			Retryer: attempt.Retryer(), APIOptions: []func(*middleware.Stack) error{attempt.Bounded},
		})
	})
	return m.sdk
}

// Disconnect closes a connection. It returns ErrGone if the connection is gone.
func (c *Client) Disconnect(ctx context.Context, connection string) error {
	_, err := c.management.client(c.options).DeleteConnection(ctx,
		&apigatewaymanagementapi.DeleteConnectionInput{ConnectionId: &connection})
	if err != nil {
		return fmt.Errorf("gateway: disconnect: %w", mapError(err))
	}
	return nil
}

// mapError returns ErrGone or ErrThrottled for an error of the SDK with that status. The
// SDK's own types of errors depend on a header that some 410 answers of API Gateway do
// not have.
func mapError(err error) error {
	var response interface{ HTTPStatusCode() int }
	if !errors.As(err, &response) {
		return err
	}
	switch response.HTTPStatusCode() {
	case http.StatusGone:
		return ErrGone
	case http.StatusTooManyRequests:
		return ErrThrottled
	}
	return err
}
