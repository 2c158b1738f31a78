// Package smoke calls a deployed stage from outside: it makes applications, and checks after
// a deployment that every surface answers.
package smoke

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// maxAnswer is more than any answer has.
const maxAnswer = 8 << 20

// An Operator calls operations of the surface operator, signed for the AWS account.
type Operator struct {
	URL         string // address of the HTTP API
	Region      string
	Credentials aws.Credentials
}

// Created is a new application. Its secret is not shown again.
type Created struct {
	ID     int64 `json:"SdkAppId"`
	Secret string
	Admins []string
}

// CreateApp creates an application.
func (o Operator) CreateApp(ctx context.Context, name string) (Created, error) {
	var c Created
	err := o.call(ctx, "app.create", map[string]any{"Name": name}, &c)
	return c, err
}

// secretOf returns the application with a name and a new secret of it. It creates the
// application if there is none. Older secrets of it end at once.
func (o Operator) secretOf(ctx context.Context, name string) (Created, error) {
	for after := int64(0); ; {
		var page struct {
			Apps []struct {
				ID   int64 `json:"SdkAppId"`
				Name string
			}
			Complete bool
		}
		if err := o.call(ctx, "app.list", map[string]any{"After": after}, &page); err != nil {
			return Created{}, err
		}
		for _, a := range page.Apps {
			if after = a.ID; a.Name == name {
				c := Created{ID: a.ID}
				err := o.call(ctx, "app.rotate-key", map[string]any{"SdkAppId": a.ID, "KeepSeconds": 0}, &c)
				return c, err
			}
		}
		if page.Complete || len(page.Apps) == 0 {
			return o.CreateApp(ctx, name)
		}
	}
}

// call calls one operation and reads the body of its answer.
func (o Operator) call(ctx context.Context, operation string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, o.URL+"/operator/"+operation, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	sum := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(ctx, o.Credentials, request, hex.EncodeToString(sum[:]), "execute-api", o.Region, time.Now()); err != nil {
		return err
	}
	var a answer
	if err := post(request, &a); err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	if err := a.check(); err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	return json.Unmarshal(a.Body, out)
}

var errNotParley = errors.New("the answer has no code: something else than Parley answers")

// answer is what the surfaces client and operator answer.
type answer struct {
	Code *int            `json:"code"`
	Info string          `json:"info"`
	Body json.RawMessage `json:"body"`
}

func (a answer) check() error {
	if a.Code == nil {
		return errNotParley
	}
	if *a.Code != 0 {
		return fmt.Errorf("code %d: %s", *a.Code, a.Info)
	}
	return nil
}

// post sends a request and reads the JSON answer.
func post(request *http.Request, out any) error {
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, out); err != nil || response.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d: %.200s", response.StatusCode, text)
	}
	return nil
}
