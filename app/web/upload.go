package web

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"reglink/app"
	"reglink/views"
)

const (
	maxUploadSize = 512 << 10 // what the one form with a file may send, 500 addresses with many other columns
	maxParts      = 20
)

// uploadLimit lets that form send more than others, before its body is read.
func uploadLimit(header *fasthttp.RequestHeader) fasthttp.RequestConfig {
	var asked fasthttp.URI // a request line may hold a whole address
	path := views.AccountPath(context.Background(), invitationsPath)
	if asked.Parse(header.Host(), header.RequestURI()) == nil && string(asked.PathOriginal()) == path {
		return fasthttp.RequestConfig{MaxRequestBodySize: maxUploadSize}
	}
	return fasthttp.RequestConfig{}
}

// parseUploadForm is parseForm for a form with a file: it takes multipart bodies too, under the same rules. A
// file is the value of its field, whatever its name says it is.
func parseUploadForm(c *fiber.Ctx) (*form, error) {
	kind, params, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	if err != nil || kind != fiber.MIMEMultipartForm {
		return parseForm(c)
	}
	if len(c.Context().URI().QueryString()) > 0 {
		return nil, app.Refuse(app.BadRequest, "form_query")
	}
	values, err := readParts(multipart.NewReader(bytes.NewReader(c.Request().Body()), params["boundary"]))
	if err != nil {
		return nil, app.Refuse(app.BadRequest, "form_broken")
	}
	return &form{values: values, problems: app.Problems{}}, nil
}

// readParts reads the parts by their names. No part is unpacked or kept on disk.
func readParts(parts *multipart.Reader) (url.Values, error) {
	values := url.Values{}
	for range maxParts {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) && len(values) > 0 {
			return values, nil
		}
		if err != nil {
			return nil, err
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return nil, err
		}
		values.Add(part.FormName(), string(content))
	}
	return nil, fiber.NewError(http.StatusBadRequest)
}
