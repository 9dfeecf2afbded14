"use strict";

// el makes an element. Text and attributes are never parsed as HTML.
function el(tag, attributes, ...children) {
	const e = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes || {})) {
		if (value !== null && value !== undefined && value !== false) e.setAttribute(name, value === true ? "" : value);
	}
	for (const child of children.flat()) {
		if (child !== null && child !== undefined && child !== "") e.append(child);
	}
	return e;
}

const byId = (id) => document.getElementById(id);

const data = JSON.parse(byId("data").textContent);

const fold = (s) => s.toLowerCase();

// search returns a test: all words of the query must be in a text.
function search(query) {
	const words = fold(query).split(/\s+/).filter(Boolean);
	return (text) => words.every((w) => text.includes(w));
}

// withCode returns text with the parts in backticks as code.
const withCode = (text) => text.split("`").map((part, i) => i % 2 ? el("code", {}, part) : part);

const plural = (n, noun) => n === 1 ? "1 " + noun : n.toLocaleString("en") + " " + noun + "s";

// soon returns a function that runs f once before the next frame.
function soon(f) {
	let asked = false;
	return () => {
		if (asked) return;
		asked = true;
		requestAnimationFrame(() => { asked = false; f(); });
	};
}

// remember keeps the filters in the address of the page, so that a view can be
// shared; recall reads them.
function remember(values) {
	const p = new URLSearchParams();
	for (const [k, v] of Object.entries(values)) if (v) p.set(k, v);
	try { history.replaceState(null, "", p.size ? "#" + p : location.pathname + location.search); } catch { /* some viewers have no history */ }
}
const recall = () => Object.fromEntries(new URLSearchParams(location.hash.slice(1)));

// slash makes the key / go to the search.
function slash(field) {
	document.addEventListener("keydown", (e) => {
		if (e.key !== "/" || e.ctrlKey || e.metaKey || e.altKey || e.target.closest("input, select, textarea, dialog")) return;
		e.preventDefault();
		field.focus();
		field.select();
	});
}

// openDialog shows a dialog, and returns the focus when it closes.
function openDialog(dialog, from) {
	dialog.showModal();
	dialog.addEventListener("close", () => from && from.focus({preventScroll: true}), {once: true});
	dialog.addEventListener("click", (e) => { if (e.target === dialog) dialog.close(); });
}
