using Microsoft.ML.Trainers.Torch.Runtime;
using Microsoft.VisualStudio.TestTools.UnitTesting;
using TorchSharp;

namespace Trainers.Tests.Runtime;

[TestClass]
[DoNotParallelize]
public sealed class TorchStateTests
{
    [TestInitialize]
    public void LoadLibtorch() => Libtorch.EnsureLoaded();

    [TestMethod]
    public void Enter_ThreadsAndGradients_AreSetAndPutBack()
    {
        int threads = torch.get_num_threads();
        using IDisposable outside = torch.no_grad();

        using (TorchState.Enter(threads: threads + 3, gradients: true))
        {
            torch.get_num_threads().Should().Be(threads + 3);
            torch.is_grad_enabled().Should().BeTrue("a caller's no_grad must not stop the training");
            using (TorchState.Enter(threads: 1))
                torch.get_num_threads().Should().Be(1);
            torch.get_num_threads().Should().Be(threads + 3);
        }

        torch.get_num_threads().Should().Be(threads);
        torch.is_grad_enabled().Should().BeFalse();
    }

    [TestMethod]
    public void Enter_Tf32InOverlappingScopes_IsOnUntilTheLastIsLeft()
    {
        bool before = torch.backends.cuda.matmul.allow_tf32;
        TorchState first = TorchState.Enter(tf32: true), second = TorchState.Enter(tf32: true), other = TorchState.Enter();

        torch.backends.cuda.matmul.allow_tf32.Should().BeTrue();
        other.Dispose();
        first.Dispose();
        torch.backends.cuda.matmul.allow_tf32.Should().BeTrue();
        second.Dispose();
        torch.backends.cuda.matmul.allow_tf32.Should().Be(before);
        before.Should().BeFalse("that is libtorch's default");
    }

    [TestMethod]
    public void Enter_ExceptionInside_PutsBack()
    {
        int threads = torch.get_num_threads();
        Action act = () =>
        {
            using TorchState state = TorchState.Enter(threads: threads + 1, gradients: false);
            throw new InvalidOperationException("inside");
        };

        act.Should().Throw<InvalidOperationException>().WithMessage("inside");
        torch.get_num_threads().Should().Be(threads);
        torch.is_grad_enabled().Should().BeTrue();
    }

    [TestMethod]
    [DataRow(true)]
    [DataRow(false)]
    public void Enter_OverlappingOnTwoThreads_LeavesNothingBehind(bool firstLeavesFirst)
    {
        int threads = torch.get_num_threads();
        var first = TorchState.Enter(threads: threads + 1);
        using ManualResetEvent entered = new(false), leave = new(false);
        int inside = 0, after = 0;
        var other = new Thread(() =>
        {
            using (TorchState.Enter(threads: threads + 2))
            {
                inside = torch.get_num_threads();
                entered.Set();
                leave.WaitOne();
            }
            after = torch.get_num_threads();
        });
        other.Start();
        entered.WaitOne();
        if (firstLeavesFirst) first.Dispose();
        leave.Set();
        other.Join();
        if (!firstLeavesFirst) first.Dispose();
        int fresh = 0;
        var later = new Thread(() => fresh = torch.get_num_threads());
        later.Start();
        later.Join();

        (inside, after, torch.get_num_threads(), fresh).Should().Be((threads + 2, threads, threads, threads));
    }

    [TestMethod]
    public void Enter_AnotherThreadsScopeEndsMeanwhile_KeepsItsOwnCount()
    {
        int threads = torch.get_num_threads(), inside = 0;
        using TorchState outer = TorchState.Enter(threads: threads + 1);
        using ManualResetEvent entered = new(false), look = new(false);
        var other = new Thread(() =>
        {
            using TorchState own = TorchState.Enter(threads: threads + 2);
            entered.Set();
            look.WaitOne();
            inside = torch.get_num_threads();
        });
        other.Start();
        entered.WaitOne();
        TorchState.Enter(threads: threads + 3).Dispose();
        look.Set();
        other.Join();

        inside.Should().Be(threads + 2);
    }

    [TestMethod]
    public void Enter_NoThreads_IsRefused()
    {
        Action act = () => TorchState.Enter(threads: 0);
        act.Should().Throw<ArgumentOutOfRangeException>().WithMessage("threads must be 1 or more but was 0. Leave it out to use libtorch's own choice.*");
    }

    [TestMethod]
    public void Dispose_OnAnotherThread_IsRefusedAndTheScopeStaysUsable()
    {
        int threads = torch.get_num_threads();
        var state = TorchState.Enter(threads: threads + 1);
        Exception? error = null;
        var other = new Thread(() =>
        {
            try
            {
                state.Dispose();
            }
            catch (InvalidOperationException e)
            {
                error = e;
            }
        });
        other.Start();
        other.Join();

        error.Should().NotBeNull();
        state.Dispose();
        torch.get_num_threads().Should().Be(threads);
    }
}
