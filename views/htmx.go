package views

import "github.com/a-h/templ"

// swapAttributes have HTMX ask for a part of the page by an address, and put it in the place of the element
// with that id.
func swapAttributes(method, path, id string) templ.Attributes {
	return templ.Attributes{"hx-" + method: path, "hx-target": "#" + id, "hx-swap": "outerHTML"}
}

// submitAttributes are swapAttributes for a form, whose button rests meanwhile. Without an id the browser
// sends it by itself, once.
func submitAttributes(path, id string) templ.Attributes {
	if id == "" {
		return templ.Attributes{"data-once": true}
	}
	a := swapAttributes("post", path, id)
	a["hx-disable"], a["data-once"] = "find button", true
	return a
}

func focusAttributes(yes bool) templ.Attributes {
	if !yes {
		return templ.Attributes{}
	}
	return templ.Attributes{"data-focus": true, "tabindex": "-1"}
}

// pagingSwap has a link put another page of a list into the list's place.
func pagingSwap(list, path string) templ.Attributes {
	return templ.Attributes{
		"hx-get": path, "hx-target": "#" + list, "hx-swap": "outerHTML show:top",
		"hx-push-url": "true",
	}
}

// linkPanelSwap has a link put what it leads to into the panel's place.
func linkPanelSwap(url string) templ.Attributes {
	return swapAttributes("get", url, "registration-link")
}
