# R survfit: Rscript survfit_times.R FOLDER, which holds samples.txt (name, repeats) and one table for each name.
# The curve with Greenwood's log-log limits, the median and its limits: what our estimator gives.
suppressMessages(library(survival))
folder <- commandArgs(trailingOnly = TRUE)[1]
samples <- read.table(file.path(folder, "samples.txt"), stringsAsFactors = FALSE)
cat(as.character(packageVersion("survival")), "\n")
for (row in seq_len(nrow(samples))) {
  data <- read.table(file.path(folder, samples[row, 1]))
  for (turn in 0:samples[row, 2]) {
    at <- Sys.time()
    fitted <- survfit(Surv(data$V1, data$V2) ~ 1, conf.type = "log-log")
    found <- quantile(fitted, 0.5)
    seconds <- as.numeric(difftime(Sys.time(), at, units = "secs"))
    if (turn > 0) cat(samples[row, 1], format(seconds, digits = 8), format(found$quantile, digits = 15), "\n")
  }
}
