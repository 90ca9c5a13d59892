#include "lb/health/checker.h"

#include "lb/health/schedule.h"
#include "lb/io/timer.h"

namespace stickler::health {

// One target, and the probe that is on its way or the time until the next.
class Checker::Watch {
 public:
  Watch(Checker& checker, Target target)
      : checker_(checker),
        target_(std::move(target)),
        verdict_(target_.rules, target_.known_up.value_or(true)),
        timer_(checker.loop_, [this] { start_probe(); }),
        told_(target_.known_up.has_value()) {
    timer_.start(first_delay(target_.interval, checker_.random_));
  }

  const Target& target() const { return target_; }

  void change_to(Target target) {
    const bool same_probe = target.probe == target_.probe && target.interval == target_.interval;
    const bool same_rules = target.rules.rise == target_.rules.rise && target.rules.fall == target_.rules.fall;
    target_ = std::move(target);
    if (same_probe && same_rules) return;
    verdict_ = Verdict(target_.rules, verdict_.up());
    if (same_probe) return;
    stop();
    timer_.start(first_delay(target_.interval, checker_.random_));
  }

  // Nothing is reported any more.
  void stop() {
    timer_.stop();
    if (probe_) checker_.loop_.bury(std::move(probe_));
    ++round_;
  }

  TargetView view() const {
    return {.up = verdict_.up(),
            .probes = probes_,
            .failures = failures_,
            .last_reason = last_reason_,
            .generation = generation_};
  }

 private:
  void start_probe() {
    started_ = checker_.loop_.now();
    // A probe that was stopped lies in the graveyard for a moment and may still speak.
    probe_ = health::start_probe(checker_.loop_, target_.address, target_.probe,
                                 [this, round = ++round_](const ProbeResult& result) {
                                   if (round == round_) on_result(result);
                                 });
  }

  void on_result(const ProbeResult& result) {
    checker_.loop_.bury(std::move(probe_));
    ++probes_;
    if (!result.ok) ++failures_;
    last_reason_ = result.reason;
    if (!result.generation.empty() && result.generation != generation_) {
      generation_ = result.generation;
      if (checker_.on_generation_) checker_.on_generation_(target_, generation_);
    }
    timer_.start(next_delay(target_.interval, checker_.loop_.now() - started_, checker_.random_));
    const Change change = verdict_.record(result.ok);
    const bool first_success = result.ok && !told_ && verdict_.up();
    if (change == Change::none && !first_success) return;
    told_ = true;
    checker_.on_change_(
        {.pool = target_.pool, .backend = target_.backend, .up = verdict_.up(), .reason = last_reason_});
  }

  Checker& checker_;
  Target target_;
  Verdict verdict_;
  std::unique_ptr<Probe> probe_;
  io::Timer timer_;
  TimePoint started_{};
  std::uint64_t round_ = 0;  // Of the probe whose result counts.
  bool told_;                // A verdict was reported.
  std::uint64_t probes_ = 0;
  std::uint64_t failures_ = 0;
  std::string last_reason_;
  std::string generation_;
};

Checker::Checker(io::Loop& loop, std::uint64_t seed, OnChange on_change, OnGeneration on_generation)
    : loop_(loop), random_(seed), on_change_(std::move(on_change)), on_generation_(std::move(on_generation)) {}

Checker::~Checker() = default;

void Checker::configure(std::vector<Target> targets) {
  std::map<Key, std::unique_ptr<Watch>> before = std::move(watches_);
  watches_.clear();
  for (Target& target : targets) {
    Key key{target.pool, target.backend};
    std::unique_ptr<Watch>& known = before[key];
    if (known && known->target().address == target.address) {
      known->change_to(std::move(target));
      watches_[std::move(key)] = std::move(known);
    } else {
      watches_[std::move(key)] = std::make_unique<Watch>(*this, std::move(target));
    }
  }
  // One of them may be the caller of on_change, which is calling this.
  for (auto& [key, watch] : before) {
    if (!watch) continue;
    watch->stop();
    loop_.bury(std::move(watch));
  }
}

std::optional<TargetView> Checker::view(std::string_view pool, std::string_view backend) const {
  const auto found = watches_.find(Key(pool, backend));
  if (found == watches_.end()) return std::nullopt;
  return found->second->view();
}

}  // namespace stickler::health
