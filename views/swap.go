package views

import "github.com/a-h/templ"

// swap has HTMX ask for a part of the page by an address, and put it in the place of the element with that id.
func swap(method, path, id string) templ.Attributes {
	return templ.Attributes{"hx-" + method: path, "hx-target": "#" + id, "hx-swap": "outerHTML"}
}

// sends is swap for a form, whose button rests meanwhile. Without an id the browser sends it by itself, once.
func sends(path, id string) templ.Attributes {
	if id == "" {
		return templ.Attributes{"data-once": true}
	}
	a := swap("post", path, id)
	a["hx-disable"], a["data-once"] = "find button", true
	return a
}
