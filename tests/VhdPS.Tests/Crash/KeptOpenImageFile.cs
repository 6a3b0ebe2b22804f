using VhdPS.Engine.Files;

namespace VhdPS.Tests.Crash;

/// <summary>Passes everything on to another file, and leaves it open when it is closed itself.</summary>
internal sealed class KeptOpenImageFile(ImageFile inner) : PassThroughImageFile(inner, closesInner: false);
