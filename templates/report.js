"use strict";
// The tables of views: unpacked when first opened, sorted, filtered, saved as CSV.
(function () {
  const STEP = 100;

  function unpack(content) {
    const columns = content.data.map((column) =>
      Array.isArray(column) ? column : column.at.map((place) => column.texts[place]));
    const rows = columns.length ? columns[0].map((_, row) => columns.map((column) => column[row])) : [];
    const numeric = content.data.map((column) => Array.isArray(column));
    return { view: content.view, columns: content.columns, rows, numeric };
  }

  function shown(value) {
    return value === null ? "" : typeof value === "number" ? String(value).replace("-", "\u2212") : value;
  }

  function compare(column, numeric, direction) {
    return function (one, other) {
      const a = one[column], b = other[column];
      if (a === b) return 0;
      if (a === null || a === "") return 1;   // empty cells stay last in both directions
      if (b === null || b === "") return -1;
      const order = numeric ? a - b : String(a) < String(b) ? -1 : 1;
      return direction * order;
    };
  }

  function csv(table, rows) {
    const quote = (value) => {
      const text = value === null ? "" : String(value);
      return /[",\r\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text;
    };
    return [table.columns, ...rows].map((row) => row.map(quote).join(",")).join("\n") + "\n";
  }

  function save(name, text) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  function open(view) {
    const table = unpack(JSON.parse(view.querySelector("script").textContent));
    const frame = view.querySelector(".scroll"), count = view.querySelector(".count");
    const further = view.querySelector(".further"), filter = view.querySelector("input");
    let rows = table.rows, limit = STEP, sorted = -1, direction = 1;

    const element = document.createElement("table");
    const head = element.createTHead().insertRow(), body = element.createTBody();
    table.columns.forEach((name, column) => {
      const cell = document.createElement("th"), button = document.createElement("button");
      cell.scope = "col";
      cell.setAttribute("aria-sort", "none");
      button.type = "button";
      button.textContent = name;
      button.addEventListener("click", () => sort(column));
      cell.append(button);
      head.append(cell);
    });
    frame.replaceChildren(element);

    function draw() {
      body.replaceChildren(...rows.slice(0, limit).map((row) => {
        const line = document.createElement("tr");
        row.forEach((value, column) => {
          const cell = line.insertCell();
          cell.textContent = shown(value);
          if (table.numeric[column]) cell.className = "number";
        });
        return line;
      }));
      further.hidden = rows.length <= limit;
      const all = table.rows.length;
      count.textContent = rows.length === all ? all + " rows" : rows.length + " of " + all + " rows";
    }

    function sort(column) {
      direction = sorted === column ? -direction : 1;
      sorted = column;
      [...head.cells].forEach((cell, place) => cell.setAttribute("aria-sort",
        place !== column ? "none" : direction > 0 ? "ascending" : "descending"));
      select();
    }

    function select() {
      const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      rows = table.rows.filter((row) => {
        const text = row.map((value) => (value === null ? "" : value)).join("\u0001").toLowerCase();
        return words.every((word) => text.includes(word));
      });
      if (sorted >= 0) rows.sort(compare(sorted, table.numeric[sorted], direction));
      limit = STEP;
      draw();
    }

    filter.addEventListener("input", select);
    further.addEventListener("click", () => { limit += 10 * STEP; draw(); });
    view.querySelector(".download").addEventListener("click", () => save(table.view + ".csv", csv(table, rows)));
    draw();
  }

  document.querySelectorAll("details.view").forEach((view) =>
    view.addEventListener("toggle", () => open(view), { once: true }));
  function reveal() {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target instanceof HTMLDetailsElement) target.open = true;
  }
  addEventListener("hashchange", reveal);
  reveal();
})();
