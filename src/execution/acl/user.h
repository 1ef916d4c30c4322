// AclUser: one user for as long as it exists: its name, and rights that are replaced as a whole.
//
// Threads: thread-safe; set_rights() and remove() by one thread at a time. Ownership: shared by the Acl and by
// the sessions that are this user; who looks at rights holds them.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "execution/acl/rights.h"

namespace redstart {

class AclUser {
 public:
  AclUser(std::string name, AclRights rights) : name(std::move(name)) {
    set_rights(std::move(rights));
  }

  const std::string name;

  std::shared_ptr<const AclRights> rights() const {
    const std::lock_guard lock(mutex_);
    return rights_;
  }
  // Counts the changes of the rights.
  uint64_t version() const { return version_.load(std::memory_order_acquire); }
  // Set while every call is permitted: what a session looks at before each command.
  const std::atomic<bool>& unrestricted() const { return unrestricted_; }
  // Deleted: nothing is permitted, and its sessions end.
  bool is_removed() const { return removed_.load(std::memory_order_relaxed); }

  void set_rights(AclRights rights) {
    auto shared = std::make_shared<const AclRights>(std::move(rights));
    const std::lock_guard lock(mutex_);
    unrestricted_.store(!removed_ && shared->is_unrestricted(), std::memory_order_relaxed);
    rights_ = std::move(shared);
    version_.fetch_add(1, std::memory_order_release);
  }
  void remove() {
    const std::lock_guard lock(mutex_);
    removed_ = true;
    unrestricted_ = false;
  }

 private:
  std::atomic<bool> unrestricted_{false};
  std::atomic<bool> removed_{false};
  std::atomic<uint64_t> version_{0};
  mutable std::mutex mutex_;  // guards rights_
  std::shared_ptr<const AclRights> rights_;
};

// Who a session is. Its owner's; what other threads look at is behind the session's mutex.
class AclIdentity {
 public:
  const std::shared_ptr<AclUser>& user() const { return user_; }
  // False until AUTH, when the default user needs a password.
  bool is_authenticated() const { return authenticated_; }
  // Authenticated as a user to whom everything is permitted. Two loads.
  bool is_unrestricted() const { return unrestricted_->load(std::memory_order_relaxed); }

  void become(std::shared_ptr<AclUser> user, bool authenticated) {
    user_ = std::move(user);
    authenticated_ = authenticated;
    unrestricted_ = authenticated ? &user_->unrestricted() : &kNever;
    rights_.reset();
  }
  // The user's rights as they are now. REQUIRES: has become somebody.
  const AclRights& rights() {
    const uint64_t version = user_->version();
    if (!rights_ || version != rights_version_) {
      rights_ = user_->rights();
      rights_version_ = version;
    }
    return *rights_;
  }

 private:
  static inline const std::atomic<bool> kNever{false};
  std::shared_ptr<AclUser> user_;
  const std::atomic<bool>* unrestricted_ = &kNever;
  bool authenticated_ = false;
  uint64_t rights_version_ = 0;
  std::shared_ptr<const AclRights> rights_;
};

}  // namespace redstart
