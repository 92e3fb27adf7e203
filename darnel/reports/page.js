"use strict";
(() => {
  const table = document.querySelector("table.packages");
  const rows = [...table.tBodies[0].rows];
  const heads = [...table.tHead.rows[0].cells];
  const value = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.value ?? cell.textContent;
  };
  const compare = (a, b) => {
    const x = Number(a), y = Number(b);
    return a !== "" && b !== "" && !Number.isNaN(x) && !Number.isNaN(y)
      ? x - y
      : a.localeCompare(b, undefined, { numeric: true });
  };
  heads.forEach((head, column) => {
    head.querySelector("button").addEventListener("click", () => {
      const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      heads.forEach((other) => other.setAttribute("aria-sort", "none"));
      head.setAttribute("aria-sort", sign === 1 ? "ascending" : "descending");
      rows.sort((a, b) => sign * compare(value(a, column), value(b, column)));
      table.tBodies[0].append(...rows);
    });
  });

  const choices = [...document.querySelectorAll("input.choice")];
  const find = document.getElementById("find");
  const told = document.getElementById("shown");
  const update = () => {
    const labels = new Set(choices.filter((c) => c.checked).map((c) => c.value));
    const words = find.value.toLowerCase();
    let shown = 0;
    for (const row of rows) {
      const fits = labels.has(row.dataset.label) && row.textContent.toLowerCase().includes(words);
      row.hidden = !fits;
      shown += fits;
      const section = document.getElementById(row.dataset.package);
      if (section) section.hidden = !fits;
    }
    told.textContent = `${shown} of ${rows.length} shown`;
  };
  if (find) {
    choices.forEach((choice) => choice.addEventListener("change", update));
    find.addEventListener("input", update);
    update();
  }
})();
