package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"

	"parley/shared/awscall"
	"parley/shared/sigv4"
)

// newManagement returns the client of the rare calls. It sends them over the connections of the
// posts.
func newManagement(c *Client) *awscall.Client {
	endpoint := c.base.String()
	cfg := aws.Config{Region: c.options.Region, Credentials: c.options.Credentials, BaseEndpoint: &endpoint}
	return awscall.NewOver(cfg, awscall.Service{Name: "execute-api"}, c.options.Clock, func(*url.URL) awscall.Transport { return c.pool })
}

// Disconnect closes a connection. It returns ErrGone if the connection is gone.
func (c *Client) Disconnect(ctx context.Context, connection string) error {
	if connection == "" {
		return errors.New("gateway: disconnect: no connection id")
	}
	if err := c.management.Delete(ctx, "DeleteConnection", "/@connections/"+sigv4.Escape(connection)); err != nil {
		return fmt.Errorf("gateway: disconnect: %w", mapError(err))
	}
	return nil
}

// mapError returns ErrGone or ErrThrottled for an error with that status.
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
