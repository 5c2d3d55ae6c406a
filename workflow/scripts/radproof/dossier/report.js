"use strict";
// Tables that sort and nomograms that calculate. The page reads without either.

const collator = new Intl.Collator("en", { numeric: true });
const UNKNOWN = "n/a";

// --- tables

function cellText(row, column) {
  return row.cells[column].textContent.trim();
}

// What is not known stands last, whichever way the rest is sorted.
function comparer(column, rows, direction) {
  const texts = rows.map((row) => cellText(row, column)).filter((text) => text !== UNKNOWN);
  const numeric = texts.every((text) => text !== "" && Number.isFinite(Number(text)));
  return (first, second) => {
    const [one, other] = [cellText(first, column), cellText(second, column)];
    if (one === UNKNOWN || other === UNKNOWN) return (one === UNKNOWN) - (other === UNKNOWN);
    return direction * (numeric ? Number(one) - Number(other) : collator.compare(one, other));
  };
}

function sortTable(table, column) {
  const header = table.tHead.rows[0].cells[column];
  const ascending = header.getAttribute("aria-sort") !== "ascending";
  for (const cell of table.tHead.rows[0].cells) cell.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", ascending ? "ascending" : "descending");
  const rows = [...table.tBodies[0].rows];
  rows.sort(comparer(column, rows, ascending ? 1 : -1));
  table.tBodies[0].append(...rows);
}

function makeSortable(table) {
  if (table.tBodies[0].rows.length < 2) return;
  [...table.tHead.rows[0].cells].forEach((header, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    button.addEventListener("click", () => sortTable(table, column));
    header.append(button);
  });
}

// --- the model, as models/coding.py, models/imputation.py and models/learners/logistic.py have it

const dot = (one, other) => one.reduce((sum, value, place) => sum + value * other[place], 0);

const dummies = (variable) =>
  variable.levels.slice(1).map((level) => [`${variable.variable}=${level}`, level]);

// Columns of the regression by name; NaN where a value is not known (null) and is to be expected.
function encode(model, patient) {
  const columns = new Map();
  model.variables.forEach((variable, place) => {
    const given = patient[place] ?? variable.fill;
    if (variable.kind === "number") {
      columns.set(variable.variable, given ?? NaN);
    } else {
      const level = Object.hasOwn(variable.merged, given) ? variable.merged[given] : given;
      for (const [name, other] of dummies(variable)) {
        columns.set(name, level === null ? NaN : Number(level === other));
      }
    }
    if (variable.indicator) {
      columns.set(`${variable.variable}=missing`, Number(patient[place] === null));
    }
  });
  return columns;
}

// Eigenvalues and eigenvectors (rows) of a symmetric matrix, by Jacobi's rotations.
function eigen(matrix) {
  const a = matrix.map((row) => [...row]);
  const vectors = a.map((_, i) => a.map((_, j) => Number(i === j)));
  for (let sweep = 0; sweep < 50; sweep += 1) {
    for (let p = 0; p < a.length; p += 1) {
      for (let q = p + 1; q < a.length; q += 1) {
        if (a[p][q] === 0) continue;
        const angle = 0.5 * Math.atan((2 * a[p][q]) / (a[q][q] - a[p][p]));
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        const turn = (x, y) => [c * x - s * y, s * x + c * y];
        for (const row of a) [row[p], row[q]] = turn(row[p], row[q]);
        for (const rows of [a, vectors]) {
          const turned = rows[p].map((x, k) => turn(x, rows[q][k]));
          rows[p] = turned.map(([x]) => x);
          rows[q] = turned.map(([, y]) => y);
        }
      }
    }
  }
  return [a.map((row, i) => row[i]), vectors];
}

// Pseudo-inverse of a symmetric matrix, times a vector.
function solve(matrix, vector) {
  const [values, vectors] = eigen(matrix);
  const least = 1e-10 * Math.max(...values.map(Math.abs));
  const result = vector.map(() => 0);
  values.forEach((value, i) => {
    if (Math.abs(value) <= least) return;
    const share = dot(vectors[i], vector) / value;
    vectors[i].forEach((x, k) => { result[k] += share * x; });
  });
  return result;
}

// Fill unknown columns with what the patient's known ones let expect.
function expectUnknown(model, columns) {
  const { columns: names, mean, sd, correlation } = model.imputation;
  const values = names.map((name) => columns.get(name));
  const places = [...names.keys()];
  const known = places.filter((i) => !Number.isNaN(values[i]));
  const unknown = new Set(places.filter((i) => Number.isNaN(values[i])));
  const weights = solve(
    known.map((i) => known.map((j) => correlation[i][j])),
    known.map((i) => (values[i] - mean[i]) / sd[i]),
  );
  for (const i of unknown) {
    columns.set(names[i], mean[i] + sd[i] * dot(known.map((j) => correlation[i][j]), weights));
  }
  const lacking = new Set([...unknown].map((i) => names[i]));
  for (const variable of model.variables) settle(variable, columns, lacking);
}

// An expected number stays within the range of training; shares of levels are cut at 0.
function settle(variable, columns, lacking) {
  if (variable.kind === "number") {
    const name = variable.variable;
    const within = Math.min(Math.max(columns.get(name), variable.minimum), variable.maximum);
    if (lacking.has(name)) columns.set(name, within);
    return;
  }
  const names = dummies(variable).map(([name]) => name);
  if (!names.some((name) => lacking.has(name))) return;
  const others = names.map((name) => columns.get(name));
  const shares = [1 - others.reduce((sum, x) => sum + x, 0), ...others].map((x) => Math.max(x, 0));
  const total = shares.reduce((sum, x) => sum + x, 0);
  names.forEach((name, i) => columns.set(name, shares[i + 1] / total));
}

const expit = (score) => 1 / (1 + Math.exp(-score));

// A patient is one entry a variable: a number, a level, or null where it is not known.
function predict(model, patient) {
  const columns = encode(model, patient);
  if (model.imputation) expectUnknown(model, columns);
  const x = [1, ...model.terms.map((term) => columns.get(term.term))];
  const weights = [model.intercept, ...model.terms.map((term) => term.coefficient)];
  const score = dot(x, weights);
  const points = model.variables.map(
    (variable) => (contribution(model, variable, columns) - variable.least_lp) * model.points_per_lp,
  );
  const result = { points, probability: expit(score) };
  if (model.covariance) {
    const variance = dot(x, model.covariance.map((row) => dot(row, x)));
    const reach = model.quantile * Math.sqrt(Math.max(variance, 0));
    Object.assign(result, { low: expit(score - reach), high: expit(score + reach) });
  }
  return result;
}

function contribution(model, variable, columns) {
  const name = variable.variable;
  const levels = variable.levels ?? [];
  const own = new Set([name, `${name}=missing`, ...levels.map((level) => `${name}=${level}`)]);
  const terms = model.terms.filter((term) => own.has(term.term));
  return terms.reduce((sum, term) => sum + term.coefficient * columns.get(term.term), 0);
}

// --- the form of a nomogram

// The value of a variable's control: undefined where nothing has been entered.
function read(row, variable) {
  const control = row.querySelector("select, input[type=number]");
  if (variable.kind === "category") {
    if (control.value === "unknown") return null;
    return control.value === "" ? undefined : variable.choices[Number(control.value)];
  }
  // There is no box where a value must be known.
  control.disabled = row.querySelector("input[type=checkbox]")?.checked ?? false;
  if (control.disabled) return null;
  return Number.isNaN(control.valueAsNumber) ? undefined : control.valueAsNumber;
}

function write(form, name, value, text) {
  const place = form.querySelector(`data.${name}`);
  place.value = value;
  place.textContent = text;
}

function say(form, sentences) {
  const list = form.querySelector("ul.notes");
  list.replaceChildren(
    ...sentences.map((sentence) => {
      const item = document.createElement("li");
      item.textContent = sentence;
      return item;
    }),
  );
}

// No probability is rounded to certainty.
function percent(probability) {
  if (probability < 0.0005) return "less than 0.1 %";
  return probability > 0.9995 ? "more than 99.9 %" : `${(100 * probability).toFixed(1)} %`;
}

function notesOf(model, patient) {
  const notes = model.variables
    .filter((variable, i) => variable.kind === "number" && patient[i] !== null
      && (patient[i] < variable.minimum || patient[i] > variable.maximum))
    .map((variable) => `${variable.label} lies outside the range of training, ${variable.range}:`
      + " the model was fitted on no such patient.");
  if (patient.includes(null)) {
    notes.push("The interval takes values that are not known for certain ones: it is too narrow.");
  }
  return notes;
}

function show(form, rows, model) {
  const patient = model.variables.map((variable, i) => read(rows[i], variable));
  const open = model.variables.filter((_, i) => patient[i] === undefined);
  form.querySelector(".open").hidden = open.length === 0;
  form.querySelector(".answer").hidden = open.length > 0;
  const names = open.map((variable) => variable.label).join(", ");
  form.querySelector(".open").textContent = `Still to be entered: ${names}.`;
  rows.forEach((row) => { row.querySelector("output").value = ""; });
  if (open.length > 0) return say(form, []);
  const { points, probability, low, high } = predict(model, patient);
  rows.forEach((row, i) => { row.querySelector("output").value = `${points[i].toFixed(1)} points`; });
  const total = points.reduce((sum, x) => sum + x, 0);
  write(form, "total", total, total.toFixed(1));
  write(form, "probability", probability, percent(probability));
  if (model.covariance) {
    write(form, "low", low, percent(low));
    write(form, "high", high, percent(high));
  }
  return say(form, notesOf(model, patient));
}

function start(form) {
  const model = JSON.parse(form.querySelector("script").textContent);
  const rows = [...form.querySelectorAll(".variable")];
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", () => show(form, rows, model));
  form.querySelector("button").addEventListener("click", () => {
    form.reset();
    show(form, rows, model);
  });
  form.hidden = false;
  form.previousElementSibling.hidden = true;
  show(form, rows, model);
}

document.querySelectorAll("main table").forEach(makeSortable);
document.querySelectorAll("form.nomogram").forEach(start);
