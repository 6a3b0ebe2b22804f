using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Partitions;

/// <summary>A theory over <see cref="FileSystemCases"/>: skipped where a program that makes or judges them is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FileSystemTheoryAttribute : TheoryAttribute
{
    public FileSystemTheoryAttribute() => Skip = PeerPrograms.FindSkipReason(FileSystemCases.Programs);
}
