# Seconds that R takes for what benchmarks/against_r.py times here; arguments: its folder of inputs.
suppressMessages({library(pROC); library(rms); library(glmnet); library(psych)})
folder <- commandArgs(TRUE)[1]
numbers <- function(name, rows) {
  path <- file.path(folder, name)
  matrix(readBin(path, "double", file.size(path) / 8), nrow = rows)
}
shortest <- function(work, repeats) min(replicate(repeats, system.time(work())[["elapsed"]]))
say <- function(name, seconds, value) cat(name, seconds, format(value, digits = 15), "\n")
compare <- function(outcome, first, second) {
  areas <- lapply(list(first, second), function(x) roc(outcome, x, direction = "<", quiet = TRUE))
  roc.test(areas[[1]], areas[[2]], method = "delong", paired = TRUE)$p.value
}

one <- numbers("one", 100000)
say("one", shortest(function() compare(one[, 1], one[, 2], one[, 3]), 5),
    compare(one[, 1], one[, 2], one[, 3]))

many <- numbers("many", 1000)
pairs <- (ncol(many) - 1) / 2
each <- function() vapply(seq_len(pairs), function(i) compare(many[, 1], many[, 2 * i], many[, 2 * i + 1]), 0)
say("many", shortest(each, 2), mean(each()))

optimism <- as.data.frame(numbers("optimism", 150))
names(optimism) <- c("y", paste0("x", seq_len(ncol(optimism) - 1)))
fit <- lrm(y ~ ., optimism, x = TRUE, y = TRUE)
repeated <- function() {capture.output(found <- validate(fit, B = 1000)); found}
set.seed(1)
say("optimism", shortest(repeated, 3), repeated()["Dxy", "index.corrected"] / 2 + 0.5)

lasso <- numbers("lasso", 136)
path <- numbers("lambdas", 100)[, 1]
z <- lasso[, -(1:2)]
tuned <- function(...) cv.glmnet(z, lasso[, 1], family = "binomial", foldid = lasso[, 2] + 1, lambda = path, ...)
say("lasso", shortest(tuned, 3), tuned()$lambda.min)
exact <- function() tuned(thresh = 1e-12, maxit = 1e8)
say("lasso-exact", shortest(exact, 3), exact()$lambda.min)

rated <- numbers("rated", 136)
rate <- function() vapply(seq_len(ncol(rated) / 2), function(i)
  suppressWarnings(ICC(rated[, c(2 * i - 1, 2 * i)], lmer = FALSE))$results$ICC[2], 0)
say("rated", shortest(rate, 1), mean(rate()))
