using VhdPS.Tests.Crash;
using Xunit.Abstractions;

namespace VhdPS.Tests.Hostile;

/// <summary>Hostile files by the hundred thousand, the same on every run; what one of them found is kept below by its seed.</summary>
public sealed class HostileInputTests(ITestOutputHelper output)
{
    private static readonly int Files = LongRun.Count(200_000, 10_000_000);

    [Fact]
    public void NoFileGetsMoreThanATypedError()
    {
        for (int seed = 0; seed < Files; seed++)
        {
            Exercise(seed);
        }

        output.WriteLine($"{Files} files");
    }

    private static void Exercise(int seed)
    {
        byte[] bytes = new Mutator(new Random(seed)).Next();
        try
        {
            HostileFile.Exercise(bytes);
        }
        catch (Exception error)
        {
            throw new InvalidOperationException($"the file of seed {seed}: {error.Message}", error);
        }
    }
}
