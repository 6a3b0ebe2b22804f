using Xunit;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace VhdPS.WindowsHost;

/// <summary>Gathers the tests that were found, and writes and counts the results of those that run.</summary>
internal sealed class ResultSink(TextWriter output) : LongLivedMarshalByRefObject, IMessageSink, IDisposable
{
    private readonly AutoResetEvent _finished = new(initialState: false);
    private int _passed;
    private int _failed;
    private int _skipped;

    public List<ITestCase> Found { get; } = [];

    public bool OnMessage(IMessageSinkMessage message)
    {
        switch (message)
        {
            case ITestCaseDiscoveryMessage found:
                Found.Add(found.TestCase);
                break;
            case ITestStarting test:
                output.WriteLine($"    {test.Test.DisplayName}");
                break;
            case ITestPassed:
                _passed++;
                break;
            case ITestSkipped test:
                _skipped++;
                output.WriteLine($"[!] {test.Test.DisplayName}: {test.Reason}");
                break;
            case IFailureInformation failure:
                string name = message is ITestMessage about ? about.Test.DisplayName : message.GetType().Name;
                Fail(name, $"{ExceptionUtility.CombineMessages(failure)}\n{ExceptionUtility.CombineStackTraces(failure)}");
                break;
            case IDiscoveryCompleteMessage or ITestAssemblyFinished:
                _finished.Set();
                break;
        }

        return true;
    }

    /// <summary>Returns when the discovery or the run has ended.</summary>
    public void Wait() => _finished.WaitOne();

    public void Fail(string name, string reason)
    {
        _failed++;
        output.WriteLine($"[-] {name}: {reason}");
    }

    /// <summary>Writes the line that every test project ends with.</summary>
    /// <returns>Whether tests have run and none has failed.</returns>
    public bool Conclude()
    {
        bool isPassed = _failed == 0 && _passed > 0;
        int total = _failed + _passed + _skipped;
        string verdict = isPassed ? "Passed" : "Failed";
        output.WriteLine($"{verdict}!  - Failed: {_failed,5}, Passed: {_passed,5}, Skipped: {_skipped,5}, Total: {total,5} - engine");
        return isPassed;
    }

    public void Dispose() => _finished.Dispose();
}
