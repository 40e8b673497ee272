// What pages do beyond HTML and htmx: each attribute below makes more comfortable a page that works without it. Listeners
// sit on document, to outlive htmx's swaps, and nothing writes HTML or styles, as the Content-Security-Policy demands.
"use strict";

(() => {
  const root = document.documentElement;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  root.classList.add("js");

  function on(type, selector, act) {
    document.addEventListener(type, (event) => {
      const found = event.target.closest?.(selector);
      if (found) act(found, event);
    });
  }

  // The server sees an htmx request and answers with a fragment or nothing; a failure costs nobody their work.
  function post(url, body = new URLSearchParams()) {
    const headers = { "HX-Request": "true" };
    return fetch(url, { method: "POST", body, headers, credentials: "same-origin", keepalive: true }).catch(() => {});
  }

  // Copy: <button data-copy="#field" data-copied="…" data-copy-failed="…" data-copy-status="#status"
  // data-copy-record="/path">…<span data-copy-label>…</span></button>
  async function copy(field) {
    try {
      await navigator.clipboard.writeText(field.value);
      return true;
    } catch {
      field.focus(); // Plain http or no permission: the older way, which needs a selection.
      field.select();
      return document.execCommand("copy");
    }
  }

  function announce(button, text) {
    const status = button.dataset.copyStatus && document.querySelector(button.dataset.copyStatus);
    if (status) status.textContent = text;
  }

  function praise(button) {
    const label = button.querySelector("[data-copy-label]");
    if (label) {
      label.dataset.before ??= label.textContent;
      label.textContent = button.dataset.copied;
    }
    setTimeout(() => {
      if (label) label.textContent = label.dataset.before;
      announce(button, ""); // so that the next copy is announced again
    }, 2000);
  }

  on("click", "[data-copy]", async (button) => {
    const field = document.querySelector(button.dataset.copy);
    const done = await copy(field);
    announce(button, done ? button.dataset.copied : button.dataset.copyFailed);
    if (!done) return; // the field stays selected for Ctrl+C
    if (document.activeElement === field) button.focus();
    praise(button);
    if (button.dataset.copyRecord) post(button.dataset.copyRecord);
  });

  // Show a password: <button data-reveal="#field" aria-pressed="false" data-label-show="…" data-label-hide="…">
  on("click", "[data-reveal]", (button) => {
    const field = document.querySelector(button.dataset.reveal);
    const show = field.type === "password";
    const label = show ? button.dataset.labelHide : button.dataset.labelShow;
    field.type = show ? "text" : "password";
    button.setAttribute("aria-pressed", show);
    if (label) button.setAttribute("aria-label", label);
  });

  // A password that is sent as plain text would be remembered by the browser as an ordinary answer.
  on("submit", "form", (form) => all('[data-reveal][aria-pressed="true"]', form).forEach((button) => button.click()));

  // Recheck: once a field shows a problem, it is checked again while it is mended. Before that it is left in peace until
  // it was left: nobody is scolded for an address that is half typed.
  const pending = new WeakMap();

  on("input", '[aria-invalid="true"]', (field) => {
    clearTimeout(pending.get(field));
    pending.set(field, setTimeout(() => field.dispatchEvent(new Event("recheck", { bubbles: true })), 400));
  });

  // Select all: <input type="checkbox" data-select-all="#list [name=member]">, which shows what is selected one by one, too.
  function selectedOf(box) {
    const boxes = all(box.dataset.selectAll);
    const ticked = boxes.filter((other) => other.checked).length;
    box.checked = ticked > 0 && ticked === boxes.length;
    box.indeterminate = ticked > 0 && ticked < boxes.length;
  }

  on("change", "[data-select-all]", (box) => {
    for (const other of all(box.dataset.selectAll)) other.checked = box.checked;
  });
  on("change", 'input[type="checkbox"]', () => all("[data-select-all]").forEach(selectedOf));

  on("click", "[data-print]", () => window.print());

  // Menus: <details data-menu><summary>…
  const closeMenus = (except) => {
    for (const menu of all("details[data-menu][open]")) if (!menu.contains(except)) menu.open = false;
  };

  document.addEventListener("click", (event) => closeMenus(event.target));
  document.addEventListener("keyup", (event) => event.key === "Tab" && closeMenus(document.activeElement));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of all("details[data-menu][open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  // Filter: <input data-filter="#list">, with [data-filter-empty] in the list. Few who look for Tomás type the accent.
  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().trim();

  on("input", "[data-filter]", (field) => {
    const list = document.querySelector(field.dataset.filter);
    const wanted = plain(field.value);
    const items = all("li:not([data-filter-empty])", list);
    for (const item of items) item.hidden = !plain(item.textContent).includes(wanted);
    for (const empty of all("[data-filter-empty]", list)) empty.hidden = items.some((item) => !item.hidden);
  });

  // Theme: <form data-theme-form action="…"> with buttons name="theme" value="light|dark|system".
  on("submit", "[data-theme-form]", (form, event) => {
    const theme = event.submitter?.value;
    if (!theme) return;
    event.preventDefault();
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
    for (const button of all('[data-theme-form] [name="theme"]')) {
      button.setAttribute("aria-pressed", button.value === theme);
    }
    const body = new URLSearchParams(new FormData(form));
    body.set("theme", theme);
    post(form.getAttribute("action"), body);
  });

  // Once: <form data-once>, however often its button is pressed. A button disabled at once would not be sent along.
  on("submit", "form[data-once]", (form, event) => {
    if (event.defaultPrevented) return; // htmx sends it, and hx-disable says what is disabled meanwhile
    setTimeout(() => {
      for (const button of [...form.elements].filter((element) => element.type === "submit" && !element.disabled)) {
        button.disabled = true;
        button.dataset.sent = "";
      }
    });
  });

  window.addEventListener("pageshow", () => {
    for (const button of all("[data-sent]")) {
      button.disabled = false; // Back shows the page as it was left
      delete button.dataset.sent;
    }
    for (const answer of all('[name="passkey"], [name="proof"]')) answer.value = ""; // each is good once
  });

  // Passkeys: <button data-passkey="create|get" data-options="{…}" data-failed="…"> asks the browser, puts its answer into
  // the form's [name=passkey] and sends the form; [data-passkey-status=passkey] says why there is none. With
  // data-into="proof" data-proven="…" the answer goes into [name=proof], and the form waits for what else it needs.
  if (window.PublicKeyCredential) root.classList.add("passkeys");

  const decoded = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const encoded = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  // Browsers before 2025 read and write JSON for passkeys not by themselves.
  function parsed(act, options) {
    const parse = `parse${act === "create" ? "Creation" : "Request"}OptionsFromJSON`;
    if (PublicKeyCredential[parse]) return PublicKeyCredential[parse](options);
    const keys = (list) => list?.map((key) => ({ ...key, id: decoded(key.id) }));
    const read = { ...options, challenge: decoded(options.challenge) };
    if (options.user) read.user = { ...options.user, id: decoded(options.user.id) };
    if (options.excludeCredentials) read.excludeCredentials = keys(options.excludeCredentials);
    if (options.allowCredentials) read.allowCredentials = keys(options.allowCredentials);
    return read;
  }

  function written(credential) {
    if (credential.toJSON) return credential.toJSON();
    const response = {};
    for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[part]) response[part] = encoded(credential.response[part]);
    }
    const transports = credential.response.getTransports?.();
    if (transports) response.transports = transports;
    const { id, type } = credential;
    return { id, rawId: id, type, response, clientExtensionResults: {} };
  }

  on("click", "[data-passkey]", async (button, event) => {
    event.preventDefault();
    if ("asking" in button.dataset) return;
    const { form, dataset } = button;
    const into = dataset.into ?? "passkey";
    const status = form.querySelector(`[data-passkey-status="${into}"]`);
    dataset.asking = status.textContent = "";
    try {
      const publicKey = parsed(dataset.passkey, JSON.parse(dataset.options));
      const credential = await navigator.credentials[dataset.passkey]({ publicKey });
      form.elements[into].value = JSON.stringify(written(credential));
      if (into === "passkey") form.requestSubmit();
      else status.textContent = dataset.proven;
    } catch {
      status.textContent = dataset.failed;
    } finally {
      delete dataset.asking;
    }
  });

  // Toasts leave by themselves, but never while they are being read, and alerts never.
  function expire(toast, after) {
    setTimeout(() => {
      if (document.hidden || toast.matches(":hover, :focus-within")) expire(toast, 2000);
      else toast.remove();
    }, after);
  }

  function watchToasts() {
    for (const toast of all("[data-toast]:not([data-watched])")) {
      toast.dataset.watched = "";
      if (!toast.closest('[role="alert"]')) expire(toast, 6000);
    }
  }

  on("click", "[data-dismiss]", (button) => button.closest("[data-toast]")?.remove());
  watchToasts();

  // htmx. Focus moves only for what somebody sent or pressed: a live check answers while they type elsewhere.
  function focus(region, selector) {
    const found = region.matches(selector) ? region : region.querySelector(selector);
    if (found && found.tabIndex < 0) found.tabIndex = -1;
    found?.focus();
    return found;
  }

  const deliberate = (ctx) => /^(submit|click)$/.test(ctx.sourceEvent?.type);

  // An alert that answers what somebody sent or pressed stays until they send or press again: a live check that was already
  // on its way must not take it away.
  let lasting = false;

  document.addEventListener("htmx:after:swap", ({ detail: { ctx } }) => {
    watchToasts();
    if (ctx.target?.id === "alert") lasting ||= deliberate(ctx);
    const region = ctx.target?.isConnected ? ctx.target : ctx.sourceElement; // outerHTML leaves the new one there
    if (!deliberate(ctx) || !region?.isConnected) return;
    (ctx.response?.status === 422 && focus(region, '[aria-invalid="true"]')) || focus(region, "[data-focus]");
  });

  // A button that hx-disable disables loses the focus, and Tab would begin again at the top of the page. It is still
  // disabled when finally:request is fired.
  document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => setTimeout(() => {
    const was = ctx.focused;
    if (!was || document.activeElement !== document.body) return;
    (was.isConnected ? was : was.id && document.getElementById(was.id))?.focus?.({ preventScroll: true });
  }));

  function fail(ctx) {
    const box = document.querySelector("#alert");
    if (!box) return;
    lasting ||= deliberate(ctx);
    box.setAttribute("role", "alert");
    box.replaceChildren(document.querySelector("#offline").content.cloneNode(true));
    box.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
    if (deliberate(ctx)) {
      ctx.focused = document.activeElement;
      lasting = false;
    }
    if (!lasting) document.querySelector("#alert")?.replaceChildren();
  });
  document.addEventListener("htmx:error", ({ detail }) => detail.ctx && fail(detail.ctx));
  document.addEventListener("htmx:response:error", ({ detail }) => detail.ctx.response.status >= 500 && fail(detail.ctx));
})();
