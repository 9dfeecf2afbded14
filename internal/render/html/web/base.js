"use strict";

// el makes an element; text and attributes are set as such and never parsed.
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

// search makes a test out of words that must all be in a text.
function search(query) {
	const words = fold(query).split(/\s+/).filter(Boolean);
	return (text) => words.every((w) => text.includes(w));
}

const plural = (n, noun) => n === 1 ? "1 " + noun : n.toLocaleString("en") + " " + noun + "s";

// soon runs f once, before the next frame, however often it is asked for.
function soon(f) {
	let asked = false;
	return () => {
		if (asked) return;
		asked = true;
		requestAnimationFrame(() => { asked = false; f(); });
	};
}

// remember keeps the filters in the page's address, so that a view can be
// handed on; recall reads them.
function remember(values) {
	const p = new URLSearchParams();
	for (const [k, v] of Object.entries(values)) if (v) p.set(k, v);
	try { history.replaceState(null, "", p.size ? "#" + p : location.pathname + location.search); } catch { /* some viewers have no history */ }
}
const recall = () => Object.fromEntries(new URLSearchParams(location.hash.slice(1)));

// slash goes to the search from anywhere but a field.
function slash(field) {
	document.addEventListener("keydown", (e) => {
		if (e.key !== "/" || e.ctrlKey || e.metaKey || e.altKey || e.target.closest("input, select, textarea, dialog")) return;
		e.preventDefault();
		field.focus();
		field.select();
	});
}

// opened shows a dialog and puts the focus back where it was.
function opened(dialog, from) {
	dialog.showModal();
	dialog.addEventListener("close", () => from && from.focus({preventScroll: true}), {once: true});
	dialog.addEventListener("click", (e) => { if (e.target === dialog) dialog.close(); });
}
